namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>Finds names that were probably meant.</summary>
internal static class Similar
{
    private const int MaxSuggestions = 3;

    /// <summary>A question such as " Did you mean 'drain'?", or an empty text if nothing is similar.</summary>
    public static string Suggest(string given, IEnumerable<string> known)
    {
        var limit = Math.Max(1, given.Length / 3);
        var found = known.Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: name.StartsWith(given, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(given, name)))
            .Where(candidate => given.Length > 0 && candidate.Distance <= limit)
            .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(MaxSuggestions)
            .Select(candidate => $"'{candidate.Name}'")
            .ToArray();
        return found.Length == 0 ? string.Empty : $" Did you mean {string.Join(" or ", found)}?";
    }

    /// <summary>The number of characters to insert, remove or replace (Levenshtein distance), regardless of case.</summary>
    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = previous[j - 1] + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[right.Length];
    }
}
