using System.Collections.Concurrent;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The meeting bus of a single replica, in memory.</summary>
public sealed class InProcessMeetingBus(TimeProvider time) : IMeetingBus
{
    private readonly ConcurrentDictionary<MeetingKey, Channel> _channels = new();
    private readonly ConcurrentDictionary<(MeetingKey Meeting, string Code), DateTimeOffset> _codes = new();
    private readonly ConcurrentDictionary<MeetingKey, (MeetingTopology Topology, DateTimeOffset Until)> _topologies = new();
    private long _lastSweep;

    public IPresence Presence { get; } = new InProcessPresence(time);

    public bool IsConnected => true;

    /// <summary>Never calls <paramref name="recovered"/>: an in-memory bus has no interruptions.</summary>
    public Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct)
    {
        var subscription = new Subscription(this, meeting, handler);
        while (true)
        {
            var channel = _channels.GetOrAdd(meeting, static _ => new Channel());
            lock (channel)
            {
                if (channel.IsClosed)
                {
                    continue;
                }

                channel.Subscribers.Add(subscription);
                return Task.FromResult<IAsyncDisposable>(subscription);
            }
        }
    }

    public Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct)
    {
        if (_channels.TryGetValue(meeting, out var channel))
        {
            lock (channel)
            {
                foreach (var subscriber in channel.Subscribers)
                {
                    subscriber.Handler(busEvent);
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        RemoveExpired(now);
        return Task.FromResult(_codes.TryAdd((meeting, code), now + keep));
    }

    public Task<MeetingTopology?> ReadTopologyAsync(MeetingKey meeting, CancellationToken ct) =>
        Task.FromResult(_topologies.TryGetValue(meeting, out var stored) ? stored.Topology : null);

    public Task<bool> TryWriteTopologyAsync(MeetingKey meeting, MeetingTopology topology, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var now = time.GetUtcNow();
        RemoveExpired(now);
        var next = (topology, now + TimeSpan.FromDays(1));
        return Task.FromResult(_topologies.TryGetValue(meeting, out var stored)
            ? stored.Topology.Version == topology.Version - 1 && _topologies.TryUpdate(meeting, next, stored)
            : topology.Version == 1 && _topologies.TryAdd(meeting, next));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void RemoveExpired(DateTimeOffset now)
    {
        var last = Interlocked.Read(ref _lastSweep);
        if (now.UtcTicks - last < TimeSpan.TicksPerSecond * 10 || Interlocked.CompareExchange(ref _lastSweep, now.UtcTicks, last) != last)
        {
            return;
        }

        foreach (var (code, until) in _codes)
        {
            if (until <= now)
            {
                _codes.TryRemove(code, out _);
            }
        }

        foreach (var topology in _topologies)
        {
            if (topology.Value.Until <= now)
            {
                _topologies.TryRemove(topology);
            }
        }
    }

    private void Remove(Subscription subscription)
    {
        if (!_channels.TryGetValue(subscription.Meeting, out var channel))
        {
            return;
        }

        lock (channel)
        {
            channel.Subscribers.Remove(subscription);
            if (channel.Subscribers.Count == 0)
            {
                channel.IsClosed = true;
                _channels.TryRemove(new KeyValuePair<MeetingKey, Channel>(subscription.Meeting, channel));
            }
        }
    }

    private sealed class Channel
    {
        public List<Subscription> Subscribers { get; } = [];

        public bool IsClosed { get; set; }
    }

    private sealed class Subscription(InProcessMeetingBus bus, MeetingKey meeting, Action<BusEvent> handler) : IAsyncDisposable
    {
        public MeetingKey Meeting => meeting;

        public Action<BusEvent> Handler => handler;

        public ValueTask DisposeAsync()
        {
            bus.Remove(this);
            return ValueTask.CompletedTask;
        }
    }
}
