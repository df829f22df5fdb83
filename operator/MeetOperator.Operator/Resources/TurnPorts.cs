using MeetOperator.Contracts.TurnPools;

namespace MeetOperator.Operator.Resources;

/// <summary>The ports of a relay inside its Pod. Pure.</summary>
internal static class TurnPorts
{
    /// <summary>The protocol of Kubernetes that a listener uses.</summary>
    public static string Transport(TurnListener listener) => listener.Protocol == TurnProtocol.UDP ? "UDP" : "TCP";

    /// <summary>The port of a listener in the Pod. A process without privileges cannot open 443.</summary>
    public static int InPod(TurnListener listener) => listener.Port == TurnListener.HttpsPort ? TurnPoolValidation.TlsPort : listener.Port;
}
