using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Data.Sqlite;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// Tells outages from mistakes. An outage passes: what met it may be done again, and a caller may be told to come back. A mistake (a constraint that is
/// violated, SQL that does not fit the schema, an error in a script) stays until somebody corrects it.
/// </summary>
public static class Failures
{
    /// <summary>First words of what Redis answers while it cannot serve; inside a script they stand further back.</summary>
    private static readonly string[] RedisAway =
        ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS", "NOAUTH", "WRONGPASS", "NOSCRIPT"];

    public static bool IsBusOutage(Exception e) => e switch
    {
        RedisServerException refused => RedisAway.Any(word => refused.Message.Contains(word, StringComparison.Ordinal)),
        BusAwayException or RedisException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    public static bool IsDatabaseOutage(Exception e) => e switch
    {
        SqliteException failed => IsOutage(failed.SqliteErrorCode),
        DbException { SqlState: { } refused } => IsOutage(refused),
        DbException broken => broken.IsTransient || broken.InnerException is AuthenticationException,
        TimeoutException or SocketException => true,
        _ => false,
    };

    /// <summary>By the classes of PostgreSQL's appendix A, and two codes of classes that are otherwise mistakes.</summary>
    private static bool IsOutage(string sqlState) => sqlState[..2] is
            "08" // connection exception
            or "28" // invalid authorization: a password that is being changed
            or "3D" // invalid catalog name: a database that is being made
            or "40" // transaction rollback: a deadlock, or a transaction that another one overtook
            or "53" // insufficient resources
            or "57" // operator intervention: going down, coming up, or cancelled for taking too long
            or "58" // system error
        || sqlState is "25006" // read-only: the server has become a standby
            or "55P03"; // a lock that was not to be had in time

    /// <summary>By the primary result codes of sqlite.org/rescode.html.</summary>
    private static bool IsOutage(int sqliteCode) => sqliteCode is
        5 // SQLITE_BUSY
        or 6 // SQLITE_LOCKED
        or 8 // SQLITE_READONLY: the disk is mounted so
        or 10 // SQLITE_IOERR
        or 13 // SQLITE_FULL
        or 14 // SQLITE_CANTOPEN
        or 15; // SQLITE_PROTOCOL: too many opened the file at once
}
