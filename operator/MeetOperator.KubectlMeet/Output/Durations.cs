using System.Globalization;

namespace MeetOperator.KubectlMeet.Output;

/// <summary>Ages as kubectl prints them: the largest unit that is at least 1.</summary>
internal static class Durations
{
    public static string Age(DateTimeOffset? since, DateTimeOffset now) => since is { } start ? Of(now - start) : string.Empty;

    public static string Of(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalSeconds: < 120 } => $"{(int)span.TotalSeconds}s",
        { TotalMinutes: < 120 } => $"{(int)span.TotalMinutes}m",
        { TotalHours: < 48 } => $"{(int)span.TotalHours}h",
        _ => $"{(int)span.TotalDays}d",
    }}");
}
