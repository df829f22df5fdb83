using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>Writes responses to connectivity checks (RFC 8445 §7.3).</summary>
internal static class CheckResponse
{
    internal static int WriteSuccess(Span<byte> buffer, in TransportAddress from, scoped in StunMessage request, byte[] password)
    {
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, request.TransactionId);
        writer.AddXorMappedAddress(from);
        writer.AddIntegrity(password);
        writer.AddFingerprint();
        return writer.Length;
    }

    internal static int WriteError(Span<byte> buffer, scoped in StunMessage request, byte[] password, int code, ReadOnlySpan<byte> reason)
    {
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingError, request.TransactionId);
        writer.AddErrorCode(code, reason);
        if (request.UnknownRequiredAttribute != 0)
        {
            writer.AddUnknownAttribute(request.UnknownRequiredAttribute);
        }

        writer.AddIntegrity(password);
        writer.AddFingerprint();
        return writer.Length;
    }
}
