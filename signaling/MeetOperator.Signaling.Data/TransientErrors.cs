using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using MeetOperator.Signaling.Data.Bus;
using Microsoft.Data.Sqlite;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// Distinguishes transient outages, which callers may retry, from permanent errors such as a violated constraint, SQL that does not match the schema, or an
/// error in a script.
/// </summary>
public static class TransientErrors
{
    /// <summary>Error prefixes of Redis while it cannot serve requests. In errors from scripts, they are not at the start of the message.</summary>
    private static readonly string[] RedisOutagePrefixes =
        ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS", "NOAUTH", "WRONGPASS", "NOSCRIPT"];

    public static bool IsBusOutage(Exception e) => e switch
    {
        RedisServerException error => RedisOutagePrefixes.Any(prefix => error.Message.Contains(prefix, StringComparison.Ordinal)),
        BusUnavailableException or RedisException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    public static bool IsDatabaseOutage(Exception e) => e switch
    {
        SqliteException error => IsOutage(error.SqliteErrorCode),
        DbException { SqlState: { } error } => IsOutage(error),
        DbException error => error.IsTransient || error.InnerException is AuthenticationException,
        TimeoutException or SocketException => true,
        _ => false,
    };

    /// <summary>Checks the error classes of PostgreSQL appendix A, and two transient codes of classes that are otherwise permanent.</summary>
    private static bool IsOutage(string sqlState) => sqlState[..2] is
            "08" // connection exception
            or "28" // invalid authorization: the password is being changed
            or "3D" // invalid catalog name: the database is being created
            or "40" // transaction rollback: a deadlock or a serialization failure
            or "53" // insufficient resources
            or "57" // operator intervention: shutdown, startup, or a statement timeout
            or "58" // system error
        || sqlState is "25006" // read-only: the server has become a standby
            or "55P03"; // lock timeout

    /// <summary>Checks the primary result codes of sqlite.org/rescode.html.</summary>
    private static bool IsOutage(int sqliteCode) => sqliteCode is
        5 // SQLITE_BUSY
        or 6 // SQLITE_LOCKED
        or 8 // SQLITE_READONLY: the disk is mounted read-only
        or 10 // SQLITE_IOERR
        or 13 // SQLITE_FULL
        or 14 // SQLITE_CANTOPEN
        or 15; // SQLITE_PROTOCOL: too many processes opened the file at once
}
