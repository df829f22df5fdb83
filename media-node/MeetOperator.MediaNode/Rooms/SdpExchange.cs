using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Slots;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Answers the offers of clients, makes offers and reads their answers. SDP is parsed, built, written and read and transports are created on the calling thread, from what the
/// room's loop says they depend on. The loop then applies the result. If the room has changed in the meantime, the request is prepared again. Safe for concurrent use.
/// </summary>
internal sealed class SdpExchange(RoomDirectory rooms)
{
    /// <summary>How often a request is prepared. It is prepared again only when another request for the same session or track came between.</summary>
    private const int MaxAttempts = 4;

    public Task<SdpAnswer> PublishAsync(string room, string participant, SdpOffer request, CancellationToken ct)
    {
        var offer = SdpReading.Parse(request.Sdp);
        return RunAsync(
            room,
            participant,
            request.Generation,
            r => r.DescribePublish(participant, request),
            basis => PublishPreparation.Prepare(basis, request, offer),
            (r, prepared) => r.Publish(participant, request, prepared),
            ct);
    }

    public async Task<SdpAnswer> PlayAsync(string room, string participant, PlayRequest request, CancellationToken ct)
    {
        var offer = SdpReading.Parse(request.Sdp);
        await rooms.CatchUpAsync(room, participant, request.Generation, ct).ConfigureAwait(false);
        return await RunAsync(
            room,
            participant,
            request.Generation,
            r => r.DescribePlay(participant, request),
            basis => PlayPreparation.Prepare(basis, request, offer),
            (r, prepared) => r.Play(participant, request, prepared),
            ct).ConfigureAwait(false);
    }

    /// <summary>Opens a subscribe session, or returns the offer of the one that is open.</summary>
    public async Task<SubscribeOffer> SubscribeAsync(string room, string participant, SubscribeRequest request, CancellationToken ct)
    {
        var slots = SlotLimits.Read(request.Slots);
        if (request.LineKbps is < 1 or > SubscribeRequest.MaxLineKbps)
        {
            throw ControlProblemException.InvalidRequest($"lineKbps must be 1 to {SubscribeRequest.MaxLineKbps}.");
        }

        var offer = await RunAsync(
            room,
            participant,
            request.Generation,
            r => r.DescribeSubscribe(participant, request),
            basis => PreparedSubscription.Prepare(basis, slots),
            (r, prepared) => r.Subscribe(participant, request, prepared),
            ct).ConfigureAwait(false);
        return offer.Write();
    }

    /// <summary>Reads and applies a subscriber's answer.</summary>
    public Task AnswerAsync(string room, string participant, SubscribeAnswer answer, CancellationToken ct)
    {
        var description = SdpReading.Parse(answer.Sdp);
        return RunAsync(
            room,
            participant,
            joins: null,
            r => r.DescribeOffer(participant, answer),
            draft => PreparedReading.Read(draft, description),
            (r, prepared) => r.Answer(participant, answer, prepared),
            ct);
    }

    /// <param name="room">The room.</param>
    /// <param name="participant">The participant.</param>
    /// <param name="joins">The generation of a request that can add the participant; null for one that cannot.</param>
    /// <param name="describe">Returns what the result depends on. Runs on the loop.</param>
    /// <param name="prepare">Builds the result. Runs on the calling thread or one of the pool. A result that is disposable is disposed in the end.</param>
    /// <param name="apply">Applies the result, or returns null when it is out of date. Runs on the loop.</param>
    /// <param name="ct">Stops the wait.</param>
    internal async Task<TResult> RunAsync<TBasis, TPrepared, TResult>(
        string room, string participant, long? joins, Func<NodeRoom, TBasis> describe, Func<TBasis, TPrepared> prepare, Func<NodeRoom, TPrepared, TResult?> apply, CancellationToken ct)
        where TResult : class
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var prepared = prepare(await rooms.RunAsync(room, participant, joins, describe, ct).ConfigureAwait(false));
            using var untaken = prepared as IDisposable;
            if (await rooms.RunAsync(room, participant, joins, r => apply(r, prepared), ct).ConfigureAwait(false) is { } result)
            {
                return result;
            }
        }

        throw ControlProblemException.Concurrent();
    }
}
