using System.Globalization;
using System.Text;

namespace MeetOperator.Kube.Runtime.Metrics;

/// <summary>Formats names, labels, and numbers for the Prometheus text format.</summary>
internal static class PrometheusText
{
    /// <summary>Letters, digits, underscores, and colons; the first character is not a digit.</summary>
    public static string Name(string name)
    {
        var result = new StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            result.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_');
        }

        return result.Length == 0 || char.IsAsciiDigit(result[0]) ? "_" + result : result.ToString();
    }

    /// <summary><c>a="x",b="y"</c>, ordered by name. Of several values for one name, the last is used.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
        {
            return string.Empty;
        }

        if (tags.Length == 1)
        {
            return Label(tags[0].Key, tags[0].Value);
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags)
        {
            labels[name] = Label(name, value);
        }

        return string.Join(',', labels.Values);
    }

    public static string Help(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Label(string name, object? value)
    {
        var text = value switch
        {
            null => string.Empty,
            true => "true",
            false => "false",
            string plain => plain,
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
        };
        return $"{Name(name).Replace(':', '_')}=\"{Value(text)}\"";
    }

    private static string Value(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
