namespace MeetOperator.Sfu.Layers;

/// <summary>
/// Limits the key frame requests for all layers of a track together to one a second on average. Each layer has a <see cref="KeyFrameRequestThrottle"/> of its own, but an encoder may
/// answer a request for one layer with key frames of all.
/// </summary>
/// <param name="layers">The number of layers. Each of them may be requested a few times in a row while subscribers wait for a first picture.</param>
internal struct KeyFrameAllowance(int layers)
{
    private readonly long _aheadTicks = ((layers * KeyFrameRequestThrottle.Burst) - 1) * KeyFrameRequestThrottle.IntervalTicks;
    private long _lastTicks;
    private long _paidTicks;
    private bool _hasRequested;

    /// <summary>When a layer may be requested. Each request pays for a second (<see cref="_paidTicks"/>). Urgent ones need not wait for that, until they are too far ahead.</summary>
    public readonly long NextTicks(bool urgent) => !_hasRequested ? long.MinValue : Math.Max(urgent ? long.MinValue : _lastTicks + KeyFrameRequestThrottle.IntervalTicks, _paidTicks - _aheadTicks);

    public void OnRequested(long nowTicks) => (_hasRequested, _lastTicks, _paidTicks) = (true, nowTicks, Math.Max(_paidTicks, nowTicks) + KeyFrameRequestThrottle.IntervalTicks);
}
