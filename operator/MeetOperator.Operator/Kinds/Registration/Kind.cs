using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>A kind whose objects are of type <typeparamref name="T"/>.</summary>
/// <param name="name">The kind in requests and manifests.</param>
/// <param name="validate">Validates a new object, given the stored one or null, with a counterpart of every CEL rule.</param>
/// <param name="lead">Creates what the leader does for the kind.</param>
/// <param name="admission">Creates what admission does beyond validation; null when there is nothing.</param>
internal sealed class Kind<T>(
    string name, Func<T, T?, IReadOnlyList<FieldError>> validate, Func<LeaderContext, IKindWork> lead, Func<ClusterView, OperatorOptions, KindAdmission>? admission = null) : IKind
    where T : KubernetesObject
{
    /// <summary>Reports a null in a required field as an error, so that the validation rules never see one.</summary>
    private static readonly JsonSerializerOptions Strict = new(KubeJson.Options) { RespectNullableAnnotations = true };

    public string Name => name;

    public AdmissionDecision Validate(AdmissionRequest request)
    {
        if (JsonNulls.FirstInList(request.Object!["spec"], "spec") is { } path)
        {
            return new AdmissionDecision([new FieldError(path, "must not be null: remove the entry")]);
        }

        try
        {
            var errors = validate(request.Object.Deserialize<T>(Strict)!, Stored(request.OldObject));
            return errors.Count == 0 ? AdmissionDecision.Allow : new AdmissionDecision(errors);
        }
        catch (JsonException broken)
        {
            // The schema normally rejects this earlier. The path shows where parsing failed.
            return new AdmissionDecision([new FieldError(broken.Path?.TrimStart('$', '.') ?? string.Empty, broken.Message)]);
        }
    }

    public KindAdmission Admission(ClusterView cluster, OperatorOptions options) => admission?.Invoke(cluster, options) ?? new KindAdmission();

    public IInformer CreateInformer(KubeClient client, InformerOptions options, ILoggerFactory logs, TimeProvider time) =>
        new Informer<T>(client, options, time, logger: logs.CreateLogger<Informer<T>>());

    public IKindWork Lead(LeaderContext leader) => lead(leader);

    /// <summary>Returns null when the stored object cannot be parsed, for example because an older version wrote it, so that a correction is not rejected.</summary>
    private static T? Stored(JsonObject? old)
    {
        try
        {
            return old is null || JsonNulls.FirstInList(old["spec"], "spec") is not null ? null : old.Deserialize<T>(Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
