using System.Security.Cryptography;
using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// A probe that a process sends to its own port to test whether datagrams arrive and leave. It is a STUN binding request with credentials that
/// never leave the process, so that no other sender can forge a request or a response. For network elements it looks like a client's check.
/// </summary>
public sealed class EchoProbe
{
    /// <summary>Required size of the buffers for requests and responses in bytes.</summary>
    public const int MaximumLength = StunMessageWriter.MaximumLength;

    private readonly byte[] _username;
    private readonly byte[] _password;

    public EchoProbe(IceCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        _username = Encoding.ASCII.GetBytes($"{credentials.Ufrag}:probe");
        _password = Encoding.ASCII.GetBytes(credentials.Password);
    }

    public static byte[] NewTransactionId() => RandomNumberGenerator.GetBytes(StunConstants.TransactionIdLength);

    /// <summary>Writes a request. Returns its length in bytes.</summary>
    public int WriteRequest(ReadOnlySpan<byte> transactionId, Span<byte> buffer)
    {
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, transactionId);
        writer.AddUsername(_username);
        writer.AddIntegrity(_password);
        writer.AddFingerprint();
        return writer.Length;
    }

    /// <summary>Writes the response when the datagram is a request from this process; false for other datagrams. Allocates nothing.</summary>
    public bool TryRespond(in TransportAddress from, ReadOnlySpan<byte> datagram, Span<byte> buffer, out int length)
    {
        length = 0;

        // Checks the username first, so that other datagrams do not cost a hash.
        if (!StunMessage.TryParse(datagram, out var request)
            || request.Type != StunMessageType.BindingRequest
            || !request.Username.SequenceEqual(_username)
            || !request.VerifyIntegrity(_password))
        {
            return false;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, request.TransactionId);
        writer.AddXorMappedAddress(from);
        writer.AddIntegrity(_password);
        writer.AddFingerprint();
        length = writer.Length;
        return true;
    }

    /// <summary>Whether the datagram is this process's response to the request with this transaction ID.</summary>
    public bool IsResponse(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> transactionId) =>
        StunMessage.TryParse(datagram, out var answer)
        && answer.Type == StunMessageType.BindingSuccess
        && answer.TransactionId.SequenceEqual(transactionId)
        && answer.VerifyIntegrity(_password);
}
