using System.Globalization;
using MeetOperator.Kube.ApiServer.Metadata;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>Formats ages as kubectl does (apimachinery duration.HumanDuration).</summary>
internal static class HumanDuration
{
    public static string Since(string? timestamp, DateTimeOffset now) =>
        Timestamps.Parse(timestamp) is { } time ? Format(now - time) : "<unknown>";

    public static string Format(TimeSpan duration)
    {
        var seconds = (long)Math.Floor(duration.TotalSeconds);
        if (seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        if (seconds < 60 * 2)
        {
            return Text(seconds, "s");
        }

        var minutes = seconds / 60;
        if (minutes < 10)
        {
            return Pair(minutes, "m", seconds % 60, "s");
        }

        if (minutes < 60 * 3)
        {
            return Text(minutes, "m");
        }

        var hours = minutes / 60;
        if (hours < 8)
        {
            return Pair(hours, "h", minutes % 60, "m");
        }

        if (hours < 48)
        {
            return Text(hours, "h");
        }

        var days = hours / 24;
        if (hours < 24 * 8)
        {
            return Pair(days, "d", hours % 24, "h");
        }

        if (hours < 24 * 365 * 2)
        {
            return Text(days, "d");
        }

        var years = hours / 24 / 365;
        return hours < 24 * 365 * 8 ? Pair(years, "y", days % 365, "d") : Text(years, "y");
    }

    private static string Text(long value, string unit) => value.ToString(CultureInfo.InvariantCulture) + unit;

    private static string Pair(long major, string unit, long minor, string minorUnit) =>
        minor == 0 ? Text(major, unit) : Text(major, unit) + Text(minor, minorUnit);
}
