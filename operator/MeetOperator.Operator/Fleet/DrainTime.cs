using System.Globalization;

namespace MeetOperator.Operator.Fleet;

/// <summary>The time until which a drain waits, for messages. A drain waits for at most a day, so the time of day is enough.</summary>
internal static class DrainTime
{
    public static string Of(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:HH:mm:ss} UTC");
}
