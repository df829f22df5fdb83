using System.Security.Cryptography;
using System.Text;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.Rtc.Stun;

/// <summary>
/// A question that a process sends to its own port to see whether datagrams go in and come out: a STUN binding request under credentials that
/// never leave the process, so that nobody else can ask or answer it. It looks like a client's check to whatever stands on the way.
/// </summary>
public sealed class EchoProbe
{
    /// <summary>Buffers for requests and answers must have this many bytes.</summary>
    public const int MaximumLength = StunMessageWriter.MaximumLength;

    private readonly byte[] username;
    private readonly byte[] password;

    public EchoProbe(IceCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        username = Encoding.ASCII.GetBytes($"{credentials.Ufrag}:probe");
        password = Encoding.ASCII.GetBytes(credentials.Password);
    }

    public static byte[] NewTransactionId() => RandomNumberGenerator.GetBytes(StunConstants.TransactionIdLength);

    /// <summary>Writes a request; returns its length.</summary>
    public int WriteRequest(ReadOnlySpan<byte> transactionId, Span<byte> buffer)
    {
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, transactionId);
        writer.AddUsername(username);
        writer.AddIntegrity(password);
        writer.AddFingerprint();
        return writer.Length;
    }

    /// <summary>True when the datagram is a request of this process; then the answer is in the buffer. Allocates nothing.</summary>
    public bool TryAnswer(in TransportAddress from, ReadOnlySpan<byte> datagram, Span<byte> buffer, out int length)
    {
        length = 0;

        // The name first: strangers' datagrams must not cost a hash.
        if (!StunMessage.TryParse(datagram, out var request)
            || request.Type != StunMessageType.BindingRequest
            || !request.Username.SequenceEqual(username)
            || !request.VerifyIntegrity(password))
        {
            return false;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, request.TransactionId);
        writer.AddXorMappedAddress(from);
        writer.AddIntegrity(password);
        writer.AddFingerprint();
        length = writer.Length;
        return true;
    }

    /// <summary>True when the datagram answers the request with this id, and comes from this process.</summary>
    public bool IsAnswer(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> transactionId) =>
        StunMessage.TryParse(datagram, out var answer)
        && answer.Type == StunMessageType.BindingSuccess
        && answer.TransactionId.SequenceEqual(transactionId)
        && answer.VerifyIntegrity(password);
}
