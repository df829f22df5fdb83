using System.Net;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Checks;

/// <summary>
/// The network checks of the node. Each is a room of its own for a short time, in which one client tries the ways to the node. Its connections count neither as participants nor as connections of
/// meetings. Safe for concurrent use.
/// </summary>
internal sealed class NetworkChecks(RoomDirectory rooms, IReadOnlyList<MediaLoop> loops, TimeProvider clock) : IDisposable
{
    /// <summary>Each way to a node is a connection: UDP and TCP over two families, and two relays over UDP, TCP and TLS; and one for the bandwidth.</summary>
    internal const int MaxConnections = 13;

    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a check goes on after its client has begun to play. The measurement takes six seconds. Without this limit, clients could pass offers on to other persons, and carry calls with checks
    /// that follow each other.
    /// </summary>
    internal static readonly TimeSpan PlayTime = TimeSpan.FromSeconds(12);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Check> _open = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Number of checks that are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Opens a check. Throws <see cref="ControlProblemException"/> when the node takes none.</summary>
    /// <param name="spec">Whose check it is.</param>
    /// <param name="isReady">Whether the warm-up is over.</param>
    public async Task<NetworkCheckReport> OpenAsync(NetworkCheckSpec spec, bool isReady)
    {
        if (!isReady)
        {
            throw new ControlProblemException(HttpStatusCode.ServiceUnavailable, "check-busy", "The node is starting.");
        }

        var id = RoomIds.CheckPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
        {
            if (CheckAdmission.Refuse(spec, [.. _open.Values.Select(static check => check.Spec)], loops.Max(static loop => loop.Load)) is { } refusal)
            {
                throw refusal;
            }

            _open[id] = new Check(spec);
        }

        try
        {
            // A canceled request could leave the room. One participant more than connections: it plays what another one sends.
            await rooms.PutAsync(id, new RoomSpec { Generation = 1, MaxParticipants = MaxConnections + 1, Connectivity = spec.Connectivity, Tenant = spec.Tenant }, CancellationToken.None, beside: spec.Room).ConfigureAwait(false);
        }
        catch
        {
            Forget(id);
            throw;
        }

        _ = EndLaterAsync(id, Lifetime);
        return new NetworkCheckReport { CheckId = id, Seconds = (int)Lifetime.TotalSeconds, Connections = MaxConnections, UdpPorts = [.. loops.Select(static loop => loop.Port).Order()] };
    }

    /// <summary>Limits the time of a check, after its client has begun to play. Ignored when it has before, and for rooms of no check.</summary>
    public void OnPlayed(string room)
    {
        lock (_lock)
        {
            if (_open.GetValueOrDefault(room) is not { IsPlayed: false } check)
            {
                return;
            }

            check.IsPlayed = true;
        }

        _ = EndLaterAsync(room, PlayTime);
    }

    /// <summary>Ends a check. Of several callers one succeeds. Throws when the check has ended, is about to, or never was.</summary>
    public Task EndAsync(string id) => TryBeginEnd(id) ? CloseAsync(id) : throw new ControlProblemException(HttpStatusCode.NotFound, "unknown-check", "The network check has ended.");

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    private async Task EndLaterAsync(string id, TimeSpan time)
    {
        await Task.Delay(time, clock, _disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_disposed.IsCancellationRequested && TryBeginEnd(id))
        {
            await CloseAsync(id).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the room. A check counts until its sessions have ended, which takes long if its loop stands still. Only for the one who has begun the end.</summary>
    private async Task CloseAsync(string id)
    {
        try
        {
            await rooms.DeleteAsync(id, long.MaxValue, "check-over", CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Forget(id);
        }
    }

    /// <summary>Whether the caller is the one who ends the check.</summary>
    private bool TryBeginEnd(string id)
    {
        lock (_lock)
        {
            if (_open.GetValueOrDefault(id) is not { IsEnding: false } check)
            {
                return false;
            }

            check.IsEnding = true;
            return true;
        }
    }

    private void Forget(string id)
    {
        lock (_lock)
        {
            _open.Remove(id);
        }
    }

    private sealed class Check(NetworkCheckSpec spec)
    {
        public NetworkCheckSpec Spec => spec;

        /// <summary>Whether its client has begun to play.</summary>
        public bool IsPlayed { get; set; }

        /// <summary>Whether somebody ends it.</summary>
        public bool IsEnding { get; set; }
    }
}
