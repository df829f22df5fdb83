using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>The subscribing side of one peer connection: its down tracks and the client's reports about them.</summary>
public sealed class Subscriber
{
    /// <summary>Maximum number of packets that one compound packet may request. A conforming client stays below it.</summary>
    private const int MaxNacksPerCompound = 256;
    private readonly IPeerEgress _egress;
    private readonly RetransmissionBudget? _budget;
    private DownTrack[] _tracks = [];
    private Func<UpTrack, TrackView> _viewOf = static _ => default;

    /// <param name="egress">Sends packets to the client.</param>
    /// <param name="budget">Memory budget for retransmissions to clients without RTX; null for no limit.</param>
    public Subscriber(IPeerEgress egress, RetransmissionBudget? budget = null)
    {
        _budget = budget;
        _egress = egress;
    }

    /// <summary>The number of down tracks with a source.</summary>
    public int StartedTracks => _tracks.Count(t => t.Source is not null);

    /// <summary>Starts sending <paramref name="source"/> to this subscriber.</summary>
    public DownTrack Add(UpTrack source, DownTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        var track = new DownTrack(options, _egress, _budget);
        track.SetView(_viewOf(source));
        _tracks = [.. _tracks, track];
        source.Attach(track);
        return track;
    }

    /// <summary>Requests key frames for all tracks. Call this when the egress becomes ready; earlier key frames would be lost.</summary>
    public void OnReady()
    {
        foreach (var track in _tracks)
        {
            track.RequestKeyFrame(urgent: true);
        }
    }

    /// <summary>Sets how the client shows each track, also the tracks that are added later. Without it, the default of <see cref="TrackView"/> applies.</summary>
    public void SetViews(Func<UpTrack, TrackView> viewOf)
    {
        ArgumentNullException.ThrowIfNull(viewOf);
        _viewOf = viewOf;
        foreach (var track in _tracks)
        {
            if (track.Source is { } source)
            {
                track.SetView(viewOf(source));
            }
        }
    }

    public void Remove(DownTrack track)
    {
        ArgumentNullException.ThrowIfNull(track);
        track.Stop();
        _tracks = [.. _tracks.Where(t => t != track)];
    }

    /// <summary>Detaches all tracks.</summary>
    public void Close()
    {
        foreach (var track in _tracks)
        {
            track.Stop();
        }

        _tracks = [];
    }

    /// <summary>Processes one unencrypted compound RTCP packet.</summary>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> compound)
    {
        var nacks = 0;
        foreach (var packet in new RtcpReader(compound))
        {
            if (ReceiverReport.TryParse(packet, out var report))
            {
                foreach (var block in report.Reports)
                {
                    Find(block.Ssrc)?.OnReport(nowTicks, block);
                }
            }
            else if (FeedbackMessage.TryParse(packet, out var feedback))
            {
                OnFeedback(nowTicks, feedback, ref nacks);
            }
        }
    }

    private void OnFeedback(long nowTicks, in FeedbackMessage feedback, ref int nacks)
    {
        if (feedback.IsPictureLoss)
        {
            Find(feedback.MediaSsrc)?.RequestKeyFrame(urgent: false);
        }
        else if (feedback.IsFullIntraRequest)
        {
            foreach (var ssrc in feedback.FullIntraRequests)
            {
                Find(ssrc)?.RequestKeyFrame(urgent: false);
            }
        }
        else if (feedback.IsNack && Find(feedback.MediaSsrc) is { } track)
        {
            foreach (var sequence in feedback.NackedSequenceNumbers)
            {
                if (nacks++ == MaxNacksPerCompound)
                {
                    return;
                }

                track.Resend(nowTicks, sequence);
            }
        }
    }

    private DownTrack? Find(uint ssrc)
    {
        foreach (var track in _tracks)
        {
            if (track.Options.Ssrc == ssrc)
            {
                return track;
            }
        }

        return null;
    }
}
