using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Bandwidth;
using MeetOperator.Sfu.Pacing;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>Gives each video track of one subscriber the quality that the subscriber's line can take, by <see cref="StreamAllocator"/>.</summary>
internal sealed class BandwidthAllocation
{
    private const long IntervalTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>The same while nothing is sent.</summary>
    private const long RestTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Share of the estimate, at most, that is left for retransmissions when packets get lost.</summary>
    private const double MaxRetransmissionShare = 0.3;

    /// <summary>While a queue drains, all streams go on in their lowest quality if they take no more than this share of the line. Without any, their next picture would be a key frame.</summary>
    private const double DrainingShare = 0.75;

    /// <summary>The same while no queue drains, of what the line has carried: the estimate is lower than that after each overuse.</summary>
    private const double CarriedShare = 0.95;

    /// <summary>The time that the key frame of a larger picture may take at the bandwidth for video.</summary>
    private const double MaxKeyFrameSeconds = 0.4;
    private StreamDemand[] _demands = [];
    private DownTrack[] _shown = [];
    private long[] _rates = [];
    private int[] _steps = [];
    private long _nextTicks;
    private long _lastEstimate;
    private long _neededEstimate; // with which more would be sent; 0 when there is nothing more
    private QualityTrial _trial;
    private AudioReserve _audio;
    private RedundancyLimit _redundancy = new();
    private EstimateFall _fall;
    private long _forKeyFrame; // the bandwidth for video with which the key frame of a larger picture fits, the least of all tracks; 0 when none is wanted or it fits
    private bool _isLimited;
    private bool _isResting;
    private SharingPhase _phase;
    private bool _mayShare;
    private long _limit = LineSharing.Unlimited; // of what all videos take
    private long _wantedByAll; // that share the line; 0 when it is not known to be shared

    /// <summary>When to call <see cref="TryRun"/> again.</summary>
    public long NextTicks => _nextTicks;

    /// <summary>The participant who speaks, whose camera comes before those of others; null for none.</summary>
    public string? Speaker { get; set; }

    /// <summary>What the receiver gets of its line; null while it does not report what the line takes.</summary>
    public LineUse? Use { get; private set; }

    /// <summary>What sound and all videos in their lowest quality take.</summary>
    public long LeastBitsPerSecond { get; private set; }

    /// <summary>Limits what all videos take, because the receiver may share its line with others. Returns true when that has changed.</summary>
    /// <param name="sharing">What is known of the line. In a trial it is probed more often, and not for more than the limit.</param>
    /// <param name="tracks">What the receiver gets. A trial ends the waits of tracks after a quality that was too much.</param>
    public bool TryLimit(LineSharing sharing, DownTrack[] tracks)
    {
        (_wantedByAll, _mayShare) = (sharing.WantedBitsPerSecond, sharing.HasSeveralReceivers);
        if (_limit == sharing.MaxBitsPerSecond && _phase == sharing.Phase)
        {
            return false;
        }

        var endsHolds = sharing.Phase == SharingPhase.Trial && _phase != SharingPhase.Trial && Use?.BitsPerSecond < sharing.MaxBitsPerSecond;
        (_limit, _phase) = (sharing.MaxBitsPerSecond, sharing.Phase);
        if (endsHolds)
        {
            foreach (var track in tracks)
            {
                track.Hold = new QualityHold();
            }
        }

        RunSoon();
        return true;
    }

    /// <summary>Allocates with the next call of <see cref="TryRun"/>, because the tracks or what is shown of them have changed.</summary>
    public void RunSoon() => _nextTicks = 0;

    /// <summary>Allocates when it is due, or when the line has become narrower. Returns true when it has.</summary>
    public bool TryRun(long nowTicks, PacedEgress egress, DownTrack[] tracks)
    {
        var bandwidth = egress.Bandwidth;
        if (!egress.IsAdaptive(nowTicks))
        {
            (_nextTicks, Use) = (long.MaxValue, null);
            if (!_isLimited && _redundancy.IsAllowed)
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
        var isDraining = bandwidth.IsDraining;
        var isFalling = _fall.Update(nowTicks, bandwidth.SustainedBitsPerSecond) || isDraining;
        var sound = Describe(tracks, out var count, out var wanted);
        var firstShare = 1 - Math.Min(MaxRetransmissionShare, bandwidth.LossRatio); // the rest is for retransmissions
        var isRedundant = LimitRedundancy(nowTicks, bandwidth, tracks, sound, wanted, isDraining);
        var audio = Math.Max((long)(_audio.Update(nowTicks, sound) * (isRedundant ? SoundDemand.UsualRedundancy : 1)), isRedundant ? sound.Redundant : 0);
        var demand = (long)((audio + StreamAllocator.RequiredFor(Math.Max(wanted, _wantedByAll))) / firstShare);
        bandwidth.ProbesOften = _phase == SharingPhase.Trial;
        bandwidth.MayBeShared = _mayShare;
        UpdateTrial(nowTicks, egress, tracks);
        var (line, least) = (Math.Max(0, (long)(Math.Max(estimate, _trial.BitsPerSecond) * firstShare) - audio), LeastOf(count));
        LeastBitsPerSecond = (long)((audio + StreamAllocator.RequiredFor(least)) / firstShare);
        var forVideo = Math.Max(Math.Min(line, Math.Max(_limit, least)), LeastForVideo(bandwidth, isDraining, firstShare, audio, least));
        if (wanted <= forVideo && !_isLimited)
        {
            _neededEstimate = 0;
            bandwidth.SetDemand(demand);
            Use = new LineUse(wanted, estimate, wanted, NextBitsPerSecond: 0);
            return false;
        }

        StreamAllocator.Allocate(forVideo, _demands.AsSpan(0, count), _rates, _steps.AsSpan(0, count));
        var next = StreamAllocator.NextRateOf(_demands.AsSpan(0, count), _rates, _steps.AsSpan(0, count));
        _neededEstimate = next == 0 ? 0 : (long)((audio + StreamAllocator.RequiredFor(next)) / firstShare);
        if (_phase == SharingPhase.Trial)
        {
            demand = Math.Min(demand, (long)((audio + _limit) / firstShare));
            _neededEstimate = next > _limit ? 0 : _neededEstimate;
        }

        bandwidth.SetDemand(demand, _neededEstimate);
        _isLimited = false;
        _forKeyFrame = 0;
        var isStarting = egress.IsStarting(nowTicks); // the first picture does not wait for the first probe
        if (isFalling && !isStarting)
        {
            UseSmallest(count);
        }

        var used = bandwidth.IsNarrowed ? UsedBy(count) : 0; // on a line that has suddenly become narrow, a key frame must fit beside what is sent
        for (var i = 0; i < count; i++)
        {
            Apply(nowTicks, bandwidth, forVideo, Math.Max(0, used - RateOf(_demands[i], _demands[i].Current)), _shown[i], _demands[i], isStarting && !bandwidth.StartsNarrow ? Math.Max(0, _steps[i]) : _steps[i]);
            if (isStarting)
            {
                _shown[i].Hold = new QualityHold();
            }
        }

        Use = Describe(estimate, wanted, count);
        if (_forKeyFrame > 0 && _forKeyFrame <= _limit)
        {
            // Otherwise nothing would show that the line takes it.
            _neededEstimate = (long)((audio + _forKeyFrame) / firstShare);
            bandwidth.SetDemand(Math.Max(demand, _neededEstimate), _neededEstimate);
        }

        Array.Clear(_shown, 0, count);
        return true;
    }

    /// <summary>
    /// The bandwidth that video gets at least, so that streams in their lowest quality go on or resume while the estimate is lower than what the line carries.
    /// </summary>
    private static long LeastForVideo(SendBandwidth bandwidth, bool isDraining, double firstShare, long audio, long least)
    {
        var carried = isDraining ? bandwidth.SustainedBitsPerSecond * DrainingShare : bandwidth.CapacityBitsPerSecond * CarriedShare;
        return Math.Min(least, (long)(carried * firstShare) - audio);
    }

    /// <summary>What all streams take in their lowest quality.</summary>
    private long LeastOf(int count)
    {
        var sum = 0L;
        for (var i = 0; i < count; i++)
        {
            sum += _rates[_demands[i].FirstRate];
        }

        return sum;
    }

    /// <summary>What all streams take now.</summary>
    private long UsedBy(int count)
    {
        var sum = 0L;
        for (var i = 0; i < count; i++)
        {
            sum += RateOf(_demands[i], _demands[i].Current);
        }

        return sum;
    }

    private long RateOf(in StreamDemand demand, int step) => step == StreamAllocator.Paused ? 0 : _rates[demand.FirstRate + Math.Min(step, demand.Wanted)];

    /// <summary>
    /// Lowers the streams that must be reduced to their smallest picture. Where a sudden fall ends is not known yet, and the key frame of each size between would fill the line for longer.
    /// </summary>
    private void UseSmallest(int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_steps[i] < Math.Min(_demands[i].Current, _demands[i].Wanted))
            {
                _steps[i] = Math.Min(_steps[i], _demands[i].Smallest);
            }
        }
    }

    /// <summary>What the line is used for now.</summary>
    private LineUse Describe(long estimate, long wanted, int count)
    {
        var used = 0L;
        for (var i = 0; i < count; i++)
        {
            _steps[i] = Math.Min(_shown[i].CurrentStep, _demands[i].Wanted);
            used += _steps[i] == StreamAllocator.Paused ? 0 : _rates[_demands[i].FirstRate + _steps[i]];
        }

        return new LineUse(used, estimate, wanted, StreamAllocator.NextRateOf(_demands.AsSpan(0, count), _rates, _steps.AsSpan(0, count)));
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
        (_isLimited, _redundancy) = (false, new RedundancyLimit());
        foreach (var track in tracks)
        {
            track.Limit(nowTicks, int.MaxValue);
            track.Redundancy.IsAllowed = true;
        }
    }

    /// <summary>Lists the video tracks that are shown, and returns what audio takes now.</summary>
    private SoundDemand Describe(DownTrack[] tracks, out int count, out long wanted)
    {
        (count, wanted) = (0, 0);
        var (sound, rates) = (default(SoundDemand), 0);
        foreach (var track in tracks)
        {
            if (track.Source is not { } source || source.IsMuted || track.View.IsHidden)
            {
                continue;
            }

            if (source.Options.Kind == MediaKind.Audio)
            {
                sound.Add(source.AudioBitsPerSecond, track.Options.RedPayloadType is null ? 0 : source.RedundantBitsPerSecond, track.Redundancy.IsWanted);
            }
            else
            {
                Reserve(count + 1, rates + source.MaxSteps);
                var steps = source.DescribeSteps(track.View, _rates.AsSpan(rates), out var best, out var smallest);
                var rank = RankOf(track.View, source);
                track.IsForeground = rank < StreamRank.Other;
                _isLimited |= track.IsLimited; // also a limit from before the track was muted or hidden
                _shown[count] = track;
                _demands[count++] = new StreamDemand(rank, (long)track.View.Width * track.View.Height, rates, steps, best, smallest, track.CurrentStep);
                wanted += _rates[rates + best];
                rates += steps;
            }
        }

        return sound;
    }

    /// <summary>Decides whether audio frames may be sent twice, and returns whether they are.</summary>
    private bool LimitRedundancy(long nowTicks, SendBandwidth bandwidth, DownTrack[] tracks, in SoundDemand sound, long wanted, bool isDraining)
    {
        var (line, loss) = (bandwidth.EstimateBitsPerSecond, bandwidth.LossRatio);
        foreach (var track in tracks)
        {
            loss = track.Options.RedPayloadType is null ? loss : Math.Max(loss, track.LossRatio);
        }

        var isAllowed = _redundancy.Update(nowTicks, sound.WantsRedundancy, sound.Redundant, line, isShared: wanted + sound.Redundant > line, isDraining, loss);
        foreach (var track in tracks)
        {
            track.Redundancy.IsAllowed = isAllowed;
        }

        return isAllowed && sound.WantsRedundancy;
    }

    private void Apply(long nowTicks, SendBandwidth bandwidth, long forVideo, long others, DownTrack track, in StreamDemand demand, int step)
    {
        var estimate = bandwidth.EstimateBitsPerSecond;
        var current = Math.Min(demand.Current, demand.Wanted);
        if (step < current)
        {
            track.Hold.OnReduced(nowTicks, estimate, isPaused: step == StreamAllocator.Paused);
        }
        else if (step > current)
        {
            step = Raise(nowTicks, estimate, forVideo, others, bandwidth.IsNarrowed, track, demand, current, step);
        }

        var limit = step >= demand.Wanted ? int.MaxValue : step;
        _isLimited |= limit != int.MaxValue;
        track.Limit(nowTicks, limit);
        if (bandwidth is { IsNarrowed: true, IsDraining: true })
        {
            track.AbandonLarger();
        }
    }

    /// <summary>The step to which a track is raised now; the bandwidth stays reserved for <paramref name="step"/>.</summary>
    private int Raise(long nowTicks, long estimate, long forVideo, long others, bool isNarrowed, DownTrack track, in StreamDemand demand, int current, int step)
    {
        var isTrial = _trial.BitsPerSecond > 0;
        if (current == StreamAllocator.Paused)
        {
            if (!isTrial && track.Hold.IsHeld(nowTicks, estimate, step: 0))
            {
                return current;
            }

            if (track.PausedSinceTicks is not null)
            {
                track.Hold.OnResumed(nowTicks, estimate);
                return Math.Min(step, demand.Smallest);
            }
        }

        // More pictures of the smallest size need no key frame.
        var least = Math.Max(current, Math.Min(step, demand.Smallest));
        while (step > least && !isTrial && track.Hold.IsHeld(nowTicks, estimate, step))
        {
            step--;
        }

        // With a larger key frame, the picture would stand still, and the queue that it makes would reduce the quality again.
        var required = 0L;
        while (step > current && track.Source?.KeyFrameBytes(nowTicks, track.View, current, step, expectsLarge: isNarrowed && !isTrial) * 8 is > 0 and var bits && bits > (forVideo - others) * MaxKeyFrameSeconds)
        {
            required = (long)(bits / MaxKeyFrameSeconds) + others; // of the smallest step that does not fit
            step--;
        }

        _forKeyFrame = _forKeyFrame == 0 || required == 0 ? Math.Max(_forKeyFrame, required) : Math.Min(_forKeyFrame, required);
        if (step > Math.Max(current, demand.Smallest))
        {
            track.Hold.OnRaised(nowTicks, estimate, step);
        }

        return step;
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
