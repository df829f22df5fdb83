using System.Runtime.CompilerServices;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Media;

/// <summary>Queues the offers of a client. One that restarts replaces the last one that waits. Thread-safe.</summary>
internal sealed class QueuedOffers(MemberCalls calls)
{
    private readonly Lock _gate = new();
    private StrongBox<OfferMessage>? _last;

    /// <summary>Queues an offer.</summary>
    /// <param name="offer">The offer.</param>
    /// <param name="publish">Sends the offer, or the one that has replaced it, to the media node.</param>
    public void Post(OfferMessage offer, Func<OfferMessage, Task> publish)
    {
        var next = new StrongBox<OfferMessage>(offer);
        lock (_gate)
        {
            if (offer.Restart && _last is not null)
            {
                // Replace the queued offer, because this offer would replace its session immediately.
                _last.Value = offer;
                return;
            }

            _last = calls.IsFull ? _last : next;
        }

        calls.PostBounded(
            () =>
            {
                var taken = Take(next);
                return calls.RunAsync(() => publish(taken), taken.SessionId, taken.Reference);
            },
            offer.SessionId,
            offer.Reference);
    }

    private OfferMessage Take(StrongBox<OfferMessage> next)
    {
        lock (_gate)
        {
            _last = _last == next ? null : _last;
            return next.Value!;
        }
    }
}
