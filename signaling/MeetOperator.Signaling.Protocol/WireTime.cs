using System.Globalization;

namespace MeetOperator.Signaling.Protocol;

/// <summary>Formats timestamps for the wire: UTC with milliseconds, <c>2026-01-31T12:00:00.000Z</c>.</summary>
public static class WireTime
{
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
