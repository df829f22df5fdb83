namespace MeetOperator.Relay.Transport;

/// <summary>
/// Decides which authentic hellos an acceptor answers. An attacker can send captured hellos again, so a nonce that was seen before has a small share of its own, and all of them
/// together leave half of the answers to nonces that are new. The opener takes a new nonce every few hellos, so it does not compete with a capture for long.
/// All times are in 100 ns ticks.
/// </summary>
internal sealed class HelloLimit
{
    /// <summary>Maximum number of nonces that are remembered. The one that was first seen longest ago is forgotten.</summary>
    internal const int MaximumNonces = 4096;

    private const int Burst = 10;
    private const int NonceBurst = 4;
    private const long IntervalTicks = TimeSpan.TicksPerSecond / 50;
    private const long NonceIntervalTicks = TimeSpan.TicksPerSecond / 4;

    private readonly Dictionary<UInt128, TokenBucket> _nonces = [];
    private readonly Queue<UInt128> _order = new();
    private TokenBucket _new = new(IntervalTicks, Burst);
    private TokenBucket _known = new(IntervalTicks, Burst);

    /// <summary>Whether a hello with this nonce of the opener is answered now. Call it only for an authentic hello.</summary>
    internal bool TryTake(long nowTicks, UInt128 nonce)
    {
        var isKnown = _nonces.TryGetValue(nonce, out var bucket);
        if (!isKnown)
        {
            bucket = new TokenBucket(NonceIntervalTicks, NonceBurst);
            _order.Enqueue(nonce);
            if (_order.Count > MaximumNonces)
            {
                _nonces.Remove(_order.Dequeue());
            }
        }

        var isAnswered = bucket.TryTake(nowTicks) && (isKnown ? _known.TryTake(nowTicks) : _new.TryTake(nowTicks));
        _nonces[nonce] = bucket;
        return isAnswered;
    }
}
