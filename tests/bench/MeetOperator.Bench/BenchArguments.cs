using System.Globalization;

namespace MeetOperator.Bench;

/// <summary>Reads the options of the verbs.</summary>
internal static class BenchArguments
{
    public static int Number(string[] arguments, string name, int otherwise) =>
        Value(arguments, name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Measures the part that <c>--only</c> names, or all parts in order. A part that cannot be measured does not end the others.</summary>
    /// <exception cref="BenchException">At the end, if a part could not be measured.</exception>
    public static async IAsyncEnumerable<Figure> MeasureAsync(string[] arguments, (string Name, Func<Task<IReadOnlyList<Figure>>> Measure)[] parts)
    {
        var only = Value(arguments, "--only");
        if (only is not null && !parts.Any(part => part.Name == only))
        {
            throw new ArgumentException($"--only must be one of {string.Join(", ", parts.Select(part => part.Name))}, not '{only}'.");
        }

        var faults = new List<string>();
        foreach (var (name, measure) in parts.Where(part => only is null || part.Name == only))
        {
            IReadOnlyList<Figure> figures = [];
            try
            {
                figures = await measure().ConfigureAwait(false);
            }
            catch (BenchException fault)
            {
                faults.Add($"{name}: {fault.Message}");
            }

            foreach (var figure in figures)
            {
                yield return figure;
            }
        }

        if (faults.Count > 0)
        {
            throw new BenchException(string.Join('\n', faults));
        }
    }

    /// <summary>The value of an option, or null without it.</summary>
    public static string? Value(string[] arguments, string name) => Array.IndexOf(arguments, name) is >= 0 and var at ? arguments.ElementAtOrDefault(at + 1) : null;
}
