using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>One of our kinds, as admission sees it.</summary>
internal interface IKind
{
    /// <summary>The kind in requests and manifests, for example <c>Meeting</c>.</summary>
    string Name { get; }

    /// <summary>Validates an object by itself. Pure.</summary>
    AdmissionDecision Validate(AdmissionRequest request);

    /// <summary>Creates the part of admission that depends on other objects or on the installation.</summary>
    KindAdmission Admission(ClusterView cluster, OperatorOptions options);
}
