using MeetOperator.Rtc.Srtp;

namespace MeetOperator.Rtc.Dtls;

/// <summary>What a completed handshake gives.</summary>
/// <param name="PeerCertificate">In DER; to be held against the fingerprint of the peer's SDP.</param>
/// <param name="Local">Keys of what we send; null when no SRTP profile was agreed on.</param>
/// <param name="Remote">Keys of what the peer sends; null when no SRTP profile was agreed on.</param>
public sealed record DtlsHandshakeResult(byte[] PeerCertificate, SrtpKeys? Local, SrtpKeys? Remote);
