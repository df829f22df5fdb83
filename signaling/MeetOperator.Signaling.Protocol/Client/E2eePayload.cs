namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>What one participant gets of an <c>e2ee-keys</c> message: encrypted bytes in base64url.</summary>
public sealed record E2eePayload(string To, string Payload)
{
    /// <summary>Leaves out the payload, so that it never reaches a log.</summary>
    public override string ToString() => $"E2eePayload {{ To = {To} }}";
}
