using System.Text;

namespace MeetOperator.Kube.ProcessRuntime.Containers;

/// <summary>
/// Expands <c>$(NAME)</c> in command, args and env values like the kubelet: unknown names stay unchanged, and <c>$$(NAME)</c> gives <c>$(NAME)</c>.
/// </summary>
internal static class VariableExpansion
{
    public static string Expand(string text, IReadOnlyDictionary<string, string> variables)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            if (text[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var close = text[i + 1] == '(' ? text.IndexOf(')', i + 2) : -1;
            if (close < 0)
            {
                result.Append('$');
                continue;
            }

            result.Append(variables.TryGetValue(text[(i + 2)..close], out var value) ? value : text[i..(close + 1)]);
            i = close;
        }

        return result.ToString();
    }
}
