using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Reads a room's event stream in the background.</summary>
internal sealed class RoomEvents : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<RoomEvent> _all = new();
    private readonly Task _reading;

    public RoomEvents(NodeControlClient control, string room) => _reading = ReadAsync(control, room);

    public IReadOnlyList<RoomEvent> All => [.. _all];

    /// <summary>Whether the node has ended the stream.</summary>
    public bool HasEnded => _reading.IsCompleted;

    public RoomEvent? Last(string type, string? participant = null) => All.LastOrDefault(e => e.Type == type && (participant is null || e.ParticipantId == participant));

    public static async Task<RoomEvents> OpenAsync(NodeControlClient control, string room)
    {
        var events = new RoomEvents(control, room);
        await events.UntilAsync("ready", e => e.Last(RoomEventTypes.Ready) is not null);
        return events;
    }

    /// <summary>The number of open readers. It can change at any time.</summary>
    public static int CountReaders(RoomEventHub hub) => Readers(hub).Count;

    public async Task UntilAsync(string what, Func<RoomEvents, bool> condition)
    {
        var end = Stopwatch.GetTimestamp() + (90 * Stopwatch.Frequency);
        while (!condition(this))
        {
            Assert.True(Stopwatch.GetTimestamp() < end, $"timed out after 90 s: {what}; seen: {string.Join(", ", All.Select(e => $"{e.Type} {e.ParticipantId} {e.State}"))}");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync(NodeControlClient control, string room)
    {
        try
        {
            await foreach (var roomEvent in control.WatchRoomAsync(room, _stop.Token))
            {
                _all.Enqueue(roomEvent);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_readers")]
    private static extern ref List<RoomEventReader> Readers(RoomEventHub hub);
}
