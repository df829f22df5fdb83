using System.Data.Common;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>Tells outages, which pass, from mistakes.</summary>
public static class Failures
{
    public static bool IsBusOutage(Exception e) => e is BusAwayException or RedisException or TimeoutException or ObjectDisposedException;

    public static bool IsDatabaseOutage(Exception e) => e is DbException or TimeoutException;
}
