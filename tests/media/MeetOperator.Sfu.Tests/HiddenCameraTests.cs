using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>Cameras that a receiver does not show take nothing from those that it shows, however narrow its line is.</summary>
public sealed class HiddenCameraTests
{
    private const int Cameras = 6;
    private const uint Spacing = 1_000;

    /// <summary>Some of six people are shown, and others only heard. The receiver gets the same packets at the same times as when the others had no camera.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void View_SomeAreHidden_ShownGetWhatTheyWouldGetAlone(int seed)
    {
        var random = new Random(seed);
        var isShown = Enumerable.Range(0, Cameras).Select(i => i == 0 || random.Next(2) == 0).ToList(); // probes use the first one, whether it is shown or not
        var bits = random.Next(200_000, 4_000_000);

        var mixed = Receive(bits, isShown, hasHidden: true);
        var alone = Receive(bits, isShown, hasHidden: false);

        Assert.NotEmpty(alone);
        Assert.Equal(alone, mixed);
    }

    /// <summary>The receiver scrolls through the cameras on a line that takes few of them. A camera that is no longer shown gets nothing while another one waits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void View_Changes_HiddenGetNothing(int seed)
    {
        var random = new Random(seed);
        var isShown = new bool[Cameras];
        var (line, calls) = Join(600_000, isShown, hasHidden: true);
        var shownPackets = 0;
        for (var change = 0; change < 30; change++)
        {
            Show([.. isShown.Select((_, i) => isShown[i] = random.Next(2) == 0)]);
            Run(calls, 1.25); // packets that wait for their turn are sent
            var from = line.Sent.Count;
            Run(calls, 1);
            foreach (var (_, packet, _) in line.Sent.Skip(from))
            {
                var camera = CameraOf(packet);
                Assert.True(camera < 0 || isShown[camera], $"a packet of camera {camera}, which is hidden");
                shownPackets += camera >= 0 ? 1 : 0;
            }
        }

        Assert.InRange(shownPackets, 1_000, 10_000);

        void Show(bool[] shown) => line.Subscriber.SetViews(track => ViewOf(track, shown));
    }

    /// <summary>The packets of the cameras that are shown, and when they were sent.</summary>
    private static List<(long Ticks, int Camera, ushort Sequence)> Receive(int bits, IReadOnlyList<bool> isShown, bool hasHidden)
    {
        var (line, calls) = Join(bits, isShown, hasHidden);
        Run(calls, 20);
        return [.. line.Sent.Select(s => (s.Ticks, CameraOf(s.Packet), RecordingEgress.Header(s.Packet).SequenceNumber)).Where(s => s.Item2 >= 0)];
    }

    private static (NarrowLine Line, List<NarrowCall> Calls) Join(int bits, IReadOnlyList<bool> isShown, bool hasHidden)
    {
        var calls = Enumerable.Range(0, Cameras).Select(i => new NarrowCall(participant: $"{i}")).ToList();
        var line = new NarrowLine(calls[0].Now) { BitsPerSecond = bits };
        calls[0].Lines.Add(line);
        for (var i = 0; i < Cameras; i++)
        {
            var ssrcs = (uint)(i + 1) * Spacing;
            line.Subscriber.Add(calls[i].Microphone, NarrowCall.Down(NarrowCall.AudioSsrc + ssrcs, null));
            if (isShown[i] || hasHidden)
            {
                line.Subscriber.Add(calls[i].Camera, NarrowCall.Down(NarrowCall.VideoSsrc + ssrcs, NarrowCall.RtxSsrc + ssrcs));
            }
        }

        line.Subscriber.SetViews(track => ViewOf(track, isShown));
        return (line, calls);
    }

    private static TrackView ViewOf(UpTrack track, IReadOnlyList<bool> isShown) =>
        track.Options.Kind == MediaKind.Audio || isShown[int.Parse(track.ParticipantId, null)] ? TrackView.Of(1280, 720) : TrackView.Hidden;

    /// <summary>The camera that a packet belongs to; -1 for sound and padding.</summary>
    private static int CameraOf(byte[] packet) =>
        RecordingEgress.Header(packet) is { Ssrc: var ssrc } && ssrc % Spacing == NarrowCall.VideoSsrc ? (int)(ssrc / Spacing) - 1 : -1;

    private static void Run(List<NarrowCall> calls, double seconds)
    {
        for (var milliseconds = 0; milliseconds < seconds * 1000; milliseconds++)
        {
            calls.ForEach(call => call.Run(0.001));
        }
    }
}
