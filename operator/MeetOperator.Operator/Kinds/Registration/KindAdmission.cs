using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>
/// What admission in a cluster does for one kind beyond validation. A kind overrides what it needs; this class does nothing. All methods read only informer caches.
/// </summary>
internal class KindAdmission
{
    /// <summary>Errors that depend on other objects or on the installation.</summary>
    /// <param name="request">The creation or update of a valid object, not of a subresource.</param>
    public virtual IReadOnlyList<FieldError> Review(AdmissionRequest request) => [];

    /// <summary>A problem that the reconciler would report later, or null. It rejects nothing, because objects may be applied in any order.</summary>
    /// <param name="request">The creation or update of an object without errors, not of a subresource.</param>
    public virtual string? FindWarning(AdmissionRequest request) => null;

    /// <summary>A JSON patch (RFC 6902) that sets defaults which depend on other objects, or null; all other defaults are in the schema.</summary>
    /// <param name="request">Any request for the kind. Its object has not been validated.</param>
    public virtual JsonArray? Default(AdmissionRequest request) => null;

    /// <summary>Reads the object. During creation, its namespace may be set only in the request.</summary>
    protected static T Read<T>(AdmissionRequest request)
        where T : KubernetesObject
    {
        var read = request.Object!.Deserialize<T>(KubeJson.Options)!;
        read.Metadata.Namespace ??= request.Namespace;
        return read;
    }

    /// <summary>Reads the stored object; null when there is none, or when it cannot be parsed, for example because an older version wrote it.</summary>
    protected static T? ReadOld<T>(AdmissionRequest request)
        where T : KubernetesObject
    {
        try
        {
            return request.OldObject?.Deserialize<T>(KubeJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
