using System.Text;

namespace MeetOperator.Kube.CodeGen.Output;

/// <summary>Computes line differences in the style of a unified diff.</summary>
internal static class TextDiff
{
    private const int Context = 3;

    /// <summary>The differences, or an empty string if the texts are equal.</summary>
    public static string Create(string name, string before, string after)
    {
        if (before == after)
        {
            return string.Empty;
        }

        var left = before.Split('\n');
        var right = after.Split('\n');
        var lines = Edits(left, right);
        var result = new StringBuilder($"--- {name} (current)\n+++ {name} (expected)\n");
        var lastShown = -1;
        for (var i = 0; i < lines.Count; i++)
        {
            var near = Enumerable.Range(i - Context, (2 * Context) + 1).Any(j => j >= 0 && j < lines.Count && lines[j].Mark != ' ');
            if (!near)
            {
                continue;
            }

            if (lastShown != i - 1)
            {
                result.Append("@@ line ").Append(lines[i].Line).Append(" @@\n");
            }

            result.Append(lines[i].Mark).Append(lines[i].Text).Append('\n');
            lastShown = i;
        }

        return result.ToString();
    }

    private static List<(char Mark, string Text, int Line)> Edits(string[] left, string[] right)
    {
        // The quadratic longest common subsequence is fast enough: generated files have a few thousand lines at most.
        var lengths = new int[left.Length + 1, right.Length + 1];
        for (var i = left.Length - 1; i >= 0; i--)
        {
            for (var j = right.Length - 1; j >= 0; j--)
            {
                lengths[i, j] = left[i] == right[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        var result = new List<(char, string, int)>();
        int x = 0, y = 0;
        while (x < left.Length || y < right.Length)
        {
            if (x < left.Length && y < right.Length && left[x] == right[y])
            {
                result.Add((' ', left[x], x + 1));
                x++;
                y++;
            }
            else if (y == right.Length || (x < left.Length && lengths[x + 1, y] >= lengths[x, y + 1]))
            {
                result.Add(('-', left[x], x + 1));
                x++;
            }
            else
            {
                result.Add(('+', right[y], x + 1));
                y++;
            }
        }

        return result;
    }
}
