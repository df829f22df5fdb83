using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Operator.Webhook;

/// <summary>The admission logic that the webhook calls.</summary>
internal interface IAdmissionReviewer : IAdmissionPolicy
{
    /// <summary>Returns a JSON patch (RFC 6902) that sets missing fields, or null when there are none.</summary>
    JsonArray? Default(AdmissionRequest request);
}
