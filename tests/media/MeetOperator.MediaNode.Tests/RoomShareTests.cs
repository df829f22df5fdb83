using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Dtls;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Who is on which part of a room: the counts that are kept, and what does not wait for others.</summary>
public sealed class RoomShareTests : IDisposable
{
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();
    private readonly List<MediaLoop> _loops = [];
    private readonly RoomShare _share;
    private readonly NodeRoom[] _parts;
    private long _now = TimeSpan.TicksPerHour;

    public RoomShareTests()
    {
        _share = new RoomShare("r", new RoomSpec { Generation = 1 }, static () => { }) { Clock = () => _now };
        _parts = [.. Enumerable.Range(0, 3).Select(Create)];
        Array.ForEach(_parts, _share.Add);
    }

    public void Dispose()
    {
        _loops.ForEach(l => l.Dispose());
        _certificate.Dispose();
    }

    /// <summary>Participants come, leave, return and are expected at random. The counts are those of a list that is searched.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void CountOn_RandomChanges_IsThatOfAList(int seed)
    {
        var random = new Random(seed);
        var places = new Dictionary<string, (NodeRoom Part, long Ticks, bool IsPresent)>();
        for (var i = 0; i < 20_000; i++)
        {
            _now += random.Next(0, (int)TimeSpan.TicksPerSecond);
            var name = $"p{random.Next(40)}";
            var isKnown = places.TryGetValue(name, out var place);
            switch (random.Next(3))
            {
                case 0 when !isKnown:
                    var chosen = _parts[random.Next(3)];
                    if (_share.FindOrPlace(name, generation: 1, () => chosen) == chosen)
                    {
                        places[name] = (chosen, _now, false);
                    }

                    break;
                case 1 when isKnown && !place.IsPresent:
                    _share.Enter(name, place.Part, 1_000);
                    places[name] = (place.Part, _now, true);
                    break;
                case 2 when isKnown && place.IsPresent:
                    _share.Leave(name, place.Part);
                    places[name] = (place.Part, _now, false);
                    break;
            }

            foreach (var (gone, _) in places.Where(p => !p.Value.IsPresent && _now - p.Value.Ticks > TimeSpan.TicksPerMinute).ToArray())
            {
                places.Remove(gone);
            }

            foreach (var part in _parts)
            {
                var since = _now - (5 * TimeSpan.TicksPerSecond);
                var counted = places.Values.Where(p => p.Part == part && (p.IsPresent || p.Ticks > since)).ToList();
                Assert.Equal((counted.Count, counted.Count(p => p.Ticks > since)), _share.CountOn(part));
                Assert.Equal(places.Values.Count(p => p.Part == part && p.IsPresent), part.Places.Present);
            }

            Assert.Equal(places.Values.Count(p => p.IsPresent), _share.Count);
        }
    }

    /// <summary>A part asks at each tick whether it may end. While a participant gets its place, that does not hold up the part.</summary>
    [Fact]
    public async Task TryRetire_WhileAnotherThreadPlaces_DoesNotWait()
    {
        _share.Enter("alice", _parts[1], 10);
        using var placing = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        var placed = Task.Run(() => _share.FindOrPlace("bob", generation: 1, () =>
        {
            placing.Release();
            release.Wait();
            return _parts[2];
        }));
        await placing.WaitAsync();

        var asking = Task.Run(() => _share.TryRetire(_parts[1], _now + TimeSpan.TicksPerHour));
        var isAnswered = await Task.WhenAny(asking, Task.Delay(TimeSpan.FromSeconds(20))) == asking;
        release.Release();

        Assert.True(isAnswered);
        Assert.False(await asking);
        Assert.Same(_parts[2], await placed);
    }

    [Fact]
    public void TryRetire_NobodyForTheTime_RemovesThePart()
    {
        _share.Enter("alice", _parts[1], 10);
        _share.Leave("alice", _parts[1]);
        Assert.False(_share.TryRetire(_parts[1], _now + _share.EmptyTime.Ticks - 1));

        Assert.True(_share.TryRetire(_parts[1], _now + _share.EmptyTime.Ticks));
        Assert.Equal([_parts[0], _parts[2]], _share.Parts);
        Assert.Null(_share.Find("alice"));
        Assert.Equal((0, 0), _share.CountOn(_parts[1]));
    }

    /// <summary>In a media node with one loop, only those who leave cause places to be forgotten.</summary>
    [Fact]
    public void Leave_AfterTheTimeForAReturn_ForgetsEarlierOnes()
    {
        var share = new RoomShare("s", new RoomSpec { Generation = 1 }, static () => { }) { KeepTime = TimeSpan.Zero };
        share.Add(_parts[0]);
        Pass(share, "first");
        Assert.Equal(_parts[0], share.Find("first"));

        Pass(share, "second");

        Assert.Null(share.Find("first"));
    }

    [Fact]
    public void Leave_WithinTheTimeForAReturn_KeepsThePlace()
    {
        var share = new RoomShare("s", new RoomSpec { Generation = 1 }, static () => { });
        share.Add(_parts[0]);
        Pass(share, "first");

        Pass(share, "second");

        Assert.Equal(_parts[0], share.Find("first"));
    }

    private void Pass(RoomShare share, string participant)
    {
        share.Enter(participant, _parts[0], limit: 100);
        share.Leave(participant, _parts[0]);
    }

    private NodeRoom Create(int part)
    {
        var loop = new MediaLoop([IPAddress.Loopback], 0, 1 << 16, NullLogger.Instance);
        _loops.Add(loop);
        return new NodeRoom(_share, part, loop, new SessionFactory(loop, _certificate, [], TimeSpan.FromMinutes(1)), TimeSpan.FromMinutes(1), static _ => { });
    }
}
