using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>C# counterpart of every CEL rule of a TurnPool.</summary>
public static class TurnPoolValidation
{
    /// <summary>The control port of relays.</summary>
    public const int ControlPort = 8091;

    /// <summary>The port of TLS in the Pod of a relay whose listener has port 443 on the cluster node: relays run without privileges.</summary>
    public const int TlsPort = 5349;

    /// <summary>With 14 former secrets, the one in use and the next one, relays have 16 at most.</summary>
    private const int MaxOverlapPerHour = 14 * 3600;
    internal const string RegionImmutable = "region is immutable: create a new pool for another region";
    internal const string RealmImmutable = "realm is immutable, because relays and clients would disagree about it: create a new pool";
    internal const string NoListener = "a pool needs at least one listener";
    internal const string OnePort = "the listeners with protocols UDP and TCP must have the same port, because a relay opens one port for both";
    internal const string PortPrivileged = "relays run without privileges: choose a port from 1024, or 443 for protocol TLS";
    internal const string TlsAlone = "a relay checks itself over UDP or TCP: add a listener with one of these";
    internal const string TlsPortShared = "the listener with protocol TLS needs a port of its own, and with port 443 no other listener can have 5349: change the port of one of them";
    internal const string HttpsPortInHostNetwork = "a relay in the host network cannot open port 443: choose a port from 1024 for TLS, or HostPort in exposure.type";
    internal const string TlsNeedsSecret = "a listener with protocol TLS needs a certificate: set tls.secretName, or remove the listener";
    internal const string TlsNeedsListener = "tls has no effect without a listener with protocol TLS: add one to listeners, or remove tls";
    internal const string StaticNeedsAddresses = "addressSource Static requires at least one address in staticAddresses";
    internal const string HostNetworkHasNoPodIP = "a Pod with type HostNetwork does not have its own address: use NodeInternalIP, NodeExternalIP or Static";
    internal const string ControlPortTaken = "port 8091 is the control port of relays: choose another one";
    internal const string OverlapTooLong = "overlapSeconds must not exceed 14 times rotationHours, because relays accept at most 16 secrets: lower overlapSeconds or raise rotationHours";
    internal const string OverlapTooShort = "overlapSeconds must not be lower than credentialTtlSeconds: otherwise credentials would end before their time";
    internal const string AutoscalingReversed = "autoscaling.max must not be lower than autoscaling.min";
    internal const string AutoscalingNeedsTarget = "autoscaling needs targetAllocationsPerRelay, targetMbpsPerRelay, or both";

    /// <summary>Returns all errors; empty when <paramref name="pool"/> is valid. <paramref name="old"/> is null on create.</summary>
    public static IReadOnlyList<FieldError> Validate(TurnPool pool, TurnPool? old)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var spec = pool.Spec;
        var errors = new List<FieldError>();
        Check(old is null || old.Spec.Region == spec.Region, "spec.region", RegionImmutable);
        Check(old is null || old.Spec.Realm == spec.Realm, "spec.realm", RealmImmutable);
        Check(spec.Listeners.Count > 0, "spec.listeners", NoListener);
        var plain = spec.Listeners.Where(one => one.Protocol != TurnProtocol.TLS).ToArray();
        var tls = spec.Listeners.FirstOrDefault(one => one.Protocol == TurnProtocol.TLS);
        Check(spec.Listeners.Count == 0 || plain.Length > 0, "spec.listeners", TlsAlone);
        Check(plain.DistinctBy(one => one.Port).Count() <= 1, "spec.listeners", OnePort);
        Check(!plain.Any(one => one.Port == tls?.Port || (tls?.Port == TurnListener.HttpsPort && one.Port == TlsPort)), "spec.listeners", TlsPortShared);
        Check(spec.Exposure.Type != ExposureType.HostNetwork || spec.Listeners.All(one => one.Port != TurnListener.HttpsPort), "spec.listeners", HttpsPortInHostNetwork);
        Check(tls is null || spec.Tls is not null, "spec.tls", TlsNeedsSecret);
        Check(spec.Tls is null || tls is not null, "spec.tls", TlsNeedsListener);
        for (var i = 0; i < spec.Listeners.Count; i++)
        {
            var one = spec.Listeners[i];
            Check(one.Port >= 1024 || one is { Protocol: TurnProtocol.TLS, Port: TurnListener.HttpsPort }, $"spec.listeners[{i}].port", PortPrivileged);
        }

        Check(spec.Listeners.All(one => one.Port != ControlPort), "spec.listeners", ControlPortTaken);
        Check(spec.Exposure is not { AddressSource: AddressSource.Static, StaticAddresses.Count: 0 }, "spec.exposure.staticAddresses", StaticNeedsAddresses);
        Check(spec.Exposure is not { Type: ExposureType.HostNetwork, AddressSource: AddressSource.PodIP }, "spec.exposure.addressSource", HostNetworkHasNoPodIP);
        Check(spec.Auth.OverlapSeconds >= spec.Auth.CredentialTtlSeconds, "spec.auth.overlapSeconds", OverlapTooShort);
        Check(spec.Auth.OverlapSeconds <= spec.Auth.RotationHours * MaxOverlapPerHour, "spec.auth.overlapSeconds", OverlapTooLong);
        Check(spec.RelayPorts.Min <= spec.RelayPorts.Max, "spec.relayPorts.max", SfuPoolValidation.RangeReversed);
        Check(spec.Autoscaling is not { } scaling || scaling.Min <= scaling.Max, "spec.autoscaling.max", AutoscalingReversed);
        Check(spec.Autoscaling is not { TargetAllocationsPerRelay: null, TargetMbpsPerRelay: null }, "spec.autoscaling", AutoscalingNeedsTarget);
        return errors;

        void Check(bool isValid, string field, string message)
        {
            if (!isValid)
            {
                errors.Add(new(field, message));
            }
        }
    }
}
