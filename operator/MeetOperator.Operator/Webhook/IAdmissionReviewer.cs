using System.Text.Json.Nodes;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Webhook;

/// <summary>What the webhook asks of an object.</summary>
internal interface IAdmissionReviewer : IAdmissionPolicy
{
    /// <summary>JSON patch (RFC 6902) that fills in what the object leaves out; null when there is nothing.</summary>
    JsonArray? Default(AdmissionRequest request);
}
