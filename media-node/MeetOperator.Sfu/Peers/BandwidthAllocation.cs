using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Pacing;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>Gives each video track of one subscriber the quality that the subscriber's line can take, by <see cref="StreamAllocator"/>.</summary>
internal sealed class BandwidthAllocation
{
    /// <summary>How long a track keeps a reduced quality at least. An estimate that swings around a limit would otherwise cause a key frame with every swing.</summary>
    private const long HoldTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>The same for a paused track, which resumes in its lowest quality.</summary>
    private const long PauseTicks = 500 * TimeSpan.TicksPerMillisecond;

    private const long IntervalTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>The same while nothing is sent.</summary>
    private const long RestTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Share of the estimate, at most, that is left for retransmissions when packets get lost.</summary>
    private const double MaxRetransmissionShare = 0.3;
    private StreamDemand[] _demands = [];
    private DownTrack[] _shown = [];
    private long[] _rates = [];
    private int[] _steps = [];
    private long _nextTicks;
    private long _lastEstimate;
    private long _neededEstimate; // with which more would be sent; 0 when there is nothing more
    private QualityTrial _trial;
    private AudioReserve _audio;
    private bool _isLimited;
    private bool _isResting;

    /// <summary>When to call <see cref="TryRun"/> again.</summary>
    public long NextTicks => _nextTicks;

    /// <summary>The participant who speaks, whose camera comes before those of others; null for none.</summary>
    public string? Speaker { get; set; }

    /// <summary>Allocates with the next call of <see cref="TryRun"/>, because the tracks or what is shown of them have changed.</summary>
    public void RunSoon() => _nextTicks = 0;

    /// <summary>Allocates when it is due, or when the line has become narrower. Returns true when it has.</summary>
    public bool TryRun(long nowTicks, PacedEgress egress, DownTrack[] tracks)
    {
        var bandwidth = egress.Bandwidth;
        if (!egress.IsAdaptive(nowTicks))
        {
            _nextTicks = long.MaxValue;
            if (!_isLimited)
            {
                return false;
            }

            EndLimits(nowTicks, tracks);
            return true;
        }

        var estimate = bandwidth.EstimateBitsPerSecond;
        if (nowTicks < _nextTicks && _nextTicks != long.MaxValue && estimate >= _lastEstimate * 0.95 && _isResting == egress.IsResting)
        {
            return false;
        }

        _isResting = egress.TryRest(mayRest: !_isLimited); // a limit ends by probing, also when nothing else is sent
        (_nextTicks, _lastEstimate) = (nowTicks + (_isResting ? RestTicks : IntervalTicks), estimate);
        var audio = _audio.Update(nowTicks, Describe(tracks, out var count, out var wanted));
        var firstShare = 1 - Math.Min(MaxRetransmissionShare, bandwidth.LossRatio); // the rest is for retransmissions
        var demand = (long)((audio + StreamAllocator.RequiredFor(wanted)) / firstShare);
        UpdateTrial(nowTicks, egress, tracks);
        var forVideo = Math.Max(0, (long)(Math.Max(estimate, _trial.BitsPerSecond) * firstShare) - audio);
        if (wanted <= forVideo && !_isLimited)
        {
            _neededEstimate = 0;
            bandwidth.SetDemand(demand);
            return false;
        }

        StreamAllocator.Allocate(forVideo, _demands.AsSpan(0, count), _rates, _steps.AsSpan(0, count));
        var next = StreamAllocator.NextRateOf(_demands.AsSpan(0, count), _rates, _steps.AsSpan(0, count));
        _neededEstimate = next == 0 ? 0 : (long)((audio + StreamAllocator.RequiredFor(next)) / firstShare);
        bandwidth.SetDemand(demand, _neededEstimate);
        _isLimited = false;
        var isStarting = egress.IsStarting(nowTicks); // the first picture does not wait for the first probe
        for (var i = 0; i < count; i++)
        {
            Apply(nowTicks, _shown[i], _demands[i], isStarting ? Math.Max(0, _steps[i]) : _steps[i]);
            if (isStarting)
            {
                _shown[i].HoldUntilTicks = 0;
            }
        }

        Array.Clear(_shown, 0, count);
        return true;
    }

    private void UpdateTrial(long nowTicks, PacedEgress egress, DownTrack[] tracks)
    {
        var loss = egress.Bandwidth.LossRatio;
        foreach (var track in tracks)
        {
            loss = track.IsShown ? Math.Max(loss, track.LossRatio) : loss;
        }

        _trial.Update(nowTicks, egress.Bandwidth.EstimateBitsPerSecond, egress.CanProbe ? 0 : _neededEstimate, egress.Bandwidth.IsOverused, loss);
        if (egress.TrialBitsPerSecond != _trial.BitsPerSecond)
        {
            egress.TrialBitsPerSecond = _trial.BitsPerSecond;
            egress.Bandwidth.OnRateChanged(nowTicks);
        }
    }

    /// <summary>Ends all limits, because the client does not report what its line takes.</summary>
    private void EndLimits(long nowTicks, DownTrack[] tracks)
    {
        _isLimited = false;
        foreach (var track in tracks)
        {
            track.Limit(nowTicks, int.MaxValue);
        }
    }

    /// <summary>Lists the video tracks that are shown, and returns what audio takes now in bits per second.</summary>
    private long Describe(DownTrack[] tracks, out int count, out long wanted)
    {
        (count, wanted) = (0, 0);
        var (audio, rates) = (0L, 0);
        foreach (var track in tracks)
        {
            if (track.Source is not { } source || source.IsMuted || track.View.IsHidden)
            {
                continue;
            }

            if (source.Options.Kind == MediaKind.Audio)
            {
                audio += source.MeasuredBitsPerSecond;
            }
            else
            {
                Reserve(count + 1, rates + source.MaxSteps);
                var steps = source.DescribeSteps(track.View, _rates.AsSpan(rates), out var best);
                var rank = RankOf(track.View, source);
                track.IsForeground = rank < StreamRank.Other;
                _isLimited |= track.IsLimited; // also a limit from before the track was muted or hidden
                _shown[count] = track;
                _demands[count++] = new StreamDemand(rank, (long)track.View.Width * track.View.Height, rates, steps, best, track.CurrentStep);
                wanted += _rates[rates + best];
                rates += steps;
            }
        }

        return audio;
    }

    private void Apply(long nowTicks, DownTrack track, in StreamDemand demand, int step)
    {
        var limit = step >= demand.Wanted ? int.MaxValue : step;
        if (step < Math.Min(demand.Current, demand.Wanted))
        {
            track.HoldUntilTicks = nowTicks + (step == StreamAllocator.Paused ? PauseTicks : HoldTicks);
        }
        else if (step > demand.Current && nowTicks < track.HoldUntilTicks)
        {
            limit = demand.Current; // the bandwidth stays reserved for it
        }
        else if (step > 0 && track.PausedSinceTicks is not null)
        {
            (limit, track.HoldUntilTicks) = (0, nowTicks + HoldTicks);
        }

        _isLimited |= limit != int.MaxValue;
        track.Limit(nowTicks, limit);
    }

    private StreamRank RankOf(TrackView view, UpTrack source) =>
        source.Source == TrackSource.Screen ? StreamRank.Screen
        : view.IsPinned ? StreamRank.Pinned
        : source.ParticipantId == Speaker ? StreamRank.Speaker
        : StreamRank.Other;

    private void Reserve(int tracks, int rates)
    {
        if (_demands.Length < tracks)
        {
            var length = Math.Max(4, tracks * 2);
            Array.Resize(ref _demands, length);
            Array.Resize(ref _shown, length);
            Array.Resize(ref _steps, length);
        }

        if (_rates.Length < rates)
        {
            Array.Resize(ref _rates, Math.Max(12, rates * 2));
        }
    }
}
