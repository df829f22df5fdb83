using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Kinds.SfuNodes;

namespace MeetOperator.Operator.Webhook;

/// <summary>Decides about evictions of Pods, which the webhook is asked for.</summary>
internal interface IEvictionReviewer
{
    /// <param name="request">The creation of a Pod's eviction.</param>
    /// <param name="ct">Ends the request to the API server, if one is needed.</param>
    Task<EvictionDecision> ReviewAsync(AdmissionRequest request, CancellationToken ct);
}
