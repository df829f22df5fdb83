using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A receiver beyond the link can show the picture with the sound that belongs to it.</summary>
public sealed class LinkClockTests
{
    private readonly LinkedRooms _rooms = new();

    [Fact]
    public void Reports_SoundAndPicture_TellWhenEachPacketWasCaptured()
    {
        var microphone = _rooms.Publish(TrackSource.Microphone, "alice");
        var camera = _rooms.Publish(TrackSource.Camera, "bob");
        _rooms.Run(100);
        var (sound, picture) = (_rooms.View("alice"), _rooms.View("bob"));
        _rooms.Run(3_000);

        AssertClock(microphone, sound);
        AssertClock(camera, picture);
    }

    /// <summary>Compares the capture time that the reports give for each packet with the time at which the source has sent it, which is the delay of the link before its arrival.</summary>
    private void AssertClock(TestSource source, TestViewer viewer)
    {
        var clockRate = source.Track.Track.Options.ClockRate;
        var (ntp, reported) = LastReport(viewer);
        foreach (var (packet, ticks) in viewer.Received.TakeLast(20))
        {
            Assert.True(RtpHeader.TryParse(packet, out var header));
            var offset = (int)(header.Timestamp - reported) * 1000.0 / clockRate;
            var captured = ((long)(ntp - NtpTime.FromUnixTicks(0)) * 1000.0 / (1L << 32)) + offset;
            Assert.Equal((ticks - _rooms.ToRight.DelayTicks) / (double)TimeSpan.TicksPerMillisecond, captured, tolerance: 1.0);
        }
    }

    private static (ulong Ntp, uint Timestamp) LastReport(TestViewer viewer)
    {
        (ulong, uint)? last = null;
        foreach (var compound in viewer.Reports)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                last = SenderReport.TryParse(packet, out var report) ? (report.NtpTimestamp, report.RtpTimestamp) : last;
            }
        }

        Assert.NotNull(last);
        return last.Value;
    }
}
