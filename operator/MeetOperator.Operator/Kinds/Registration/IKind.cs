using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>One of our kinds: what admission, the informers and the leader need of it.</summary>
internal interface IKind
{
    /// <summary>The kind in requests and manifests, for example <c>Meeting</c>.</summary>
    string Name { get; }

    /// <summary>Validates an object by itself. Pure.</summary>
    AdmissionDecision Validate(AdmissionRequest request);

    /// <summary>Creates the part of admission that depends on other objects or on the installation.</summary>
    KindAdmission Admission(ClusterView cluster, OperatorOptions options);

    /// <summary>Creates the informer of the kind. Decisions wait until it has synced.</summary>
    IInformer CreateInformer(KubeClient client, InformerOptions options, ILoggerFactory logs, TimeProvider time);

    /// <summary>Creates what the leader does for the kind during one term.</summary>
    IKindWork Lead(LeaderContext leader);
}
