using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Dtls;

/// <summary>The result of a completed handshake.</summary>
/// <param name="PeerCertificate">The peer's certificate in DER. The caller must compare it with the fingerprint in the peer's SDP.</param>
/// <param name="Local">Keys for outbound packets; null when no SRTP profile was negotiated.</param>
/// <param name="Remote">Keys for inbound packets; null when no SRTP profile was negotiated.</param>
internal sealed record DtlsHandshakeResult(byte[] PeerCertificate, SrtpKeys? Local, SrtpKeys? Remote);
