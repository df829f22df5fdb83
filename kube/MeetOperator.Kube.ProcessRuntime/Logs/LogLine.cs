using System.Globalization;

namespace MeetOperator.Kube.ProcessRuntime.Logs;

/// <summary>One line of container output. Files use the format of the container runtimes: <c>time stream F text</c>.</summary>
internal sealed record LogLine(DateTimeOffset Time, string Stream, string Text)
{
    public string Format() => string.Create(CultureInfo.InvariantCulture, $"{Time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffffffZ} {Stream} F {Text}");

    public static bool TryParse(string text, out LogLine line)
    {
        line = null!;
        var parts = text.Split(' ', 4);
        if (parts.Length < 4 || !DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return false;
        }

        line = new LogLine(time, parts[1], parts[3]);
        return true;
    }
}
