using MeetOperator.Rtc.Dtls;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Tests.Dtls;

/// <summary>Valid and invalid handshakes with an independent client.</summary>
public sealed class OpenSslClientTests : IDisposable
{
    private const string Gcm = "SRTP_AEAD_AES_128_GCM";
    private const string Cm80 = "SRTP_AES128_CM_SHA1_80";
    private const string Export = "-keymatexport EXTRACTOR-dtls_srtp -keymatexportlen";

    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();

    public void Dispose() => _certificate.Dispose();

    [Theory]
    [InlineData($"{Cm80}:SRTP_AEAD_AES_256_GCM:{Gcm}", SrtpProfile.AeadAes128Gcm, "ec")]
    [InlineData($"{Cm80}:{Gcm}", SrtpProfile.AeadAes128Gcm, "rsa")]
    [InlineData(Cm80, SrtpProfile.Aes128CmSha1Tag80, "ec")]
    public void Handshake_ClientOffersProfiles_BothSidesExportSameKeys(string offered, SrtpProfile expected, string algorithm)
    {
        using var client = new OpenSslClient(_certificate);
        var (pem, key) = client.CreateCertificate(algorithm);
        var length = SrtpKeys.ExportLength(expected);

        Assert.True(
            client.Run(
                $"-dtls1_2 -use_srtp {offered} -cert {pem} -key {key} {Export} {length}",
                () => client.Endpoint.State == DtlsState.Established && client.KeyingMaterial is not null),
            client.Output);

        var result = client.Endpoint.GetResult();
        Assert.Equal(expected, result.Local!.Profile);
        var (clientKeys, serverKeys) = SrtpKeys.Split(expected, client.KeyingMaterial);
        Assert.Equal(serverKeys.MasterKey, result.Local.MasterKey);
        Assert.Equal(serverKeys.MasterSalt, result.Local.MasterSalt);
        Assert.Equal(clientKeys.MasterKey, result.Remote!.MasterKey);
        Assert.Equal(clientKeys.MasterSalt, result.Remote.MasterSalt);
        Assert.NotEmpty(result.PeerCertificate);
    }

    /// <summary>The ClientHello is as long as a browser's with a post-quantum key share: 1,413 bytes in two handshake fragments.</summary>
    [Fact]
    public void Handshake_FragmentedClientHello_IsReassembled()
    {
        using var client = new OpenSslClient(_certificate);
        var (pem, key) = client.CreateCertificate("ec");
        var padding = string.Join(',', Enumerable.Range(0, 6).Select(_ => new string('x', 200)));

        Assert.True(
            client.Run(
                $"-dtls1_2 -mtu 1000 -alpn {padding} -use_srtp {Gcm} -cert {pem} -key {key}",
                () => client.Endpoint.State == DtlsState.Established),
            client.Output);

        var hellos = client.FromClient.TakeWhile(d => d[0] == 22 && d[13] == 1).ToList();
        Assert.True(hellos.Count >= 2, "The ClientHello was not fragmented.");
        Assert.InRange((hellos[0][14] << 16) | (hellos[0][15] << 8) | hellos[0][16], 1300, 1600);
    }

    [Theory]
    [InlineData("-dtls1 -cipher ALL:@SECLEVEL=0")]
    [InlineData("-dtls1_2 -cipher NULL:@SECLEVEL=0")]
    [InlineData("-dtls1_2 -cipher aNULL:@SECLEVEL=0")]
    [InlineData("-dtls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")]
    [InlineData("-dtls1_2 -cipher AES128-GCM-SHA256:@SECLEVEL=0")]
    public void Handshake_WeakOffer_Fails(string offer)
    {
        using var client = new OpenSslClient(_certificate);
        var (pem, key) = client.CreateCertificate("ec");

        Assert.True(
            client.Run($"{offer} -use_srtp {Gcm} -cert {pem} -key {key}", () => client.Endpoint.State == DtlsState.Failed),
            client.Output);
        Assert.Null(client.Endpoint.GetResult().Local);
    }

    [Fact]
    public void Handshake_ClientWithoutCertificate_Fails()
    {
        using var client = new OpenSslClient(_certificate);

        Assert.True(client.Run($"-dtls1_2 -use_srtp {Gcm}", () => client.Endpoint.State == DtlsState.Failed), client.Output);
    }

    [Fact]
    public void Handshake_WithoutSrtp_ReturnsNoKeys()
    {
        using var client = new OpenSslClient(_certificate);
        var (pem, key) = client.CreateCertificate("ec");

        Assert.True(client.Run($"-dtls1_2 -cert {pem} -key {key}", () => client.Endpoint.State == DtlsState.Established), client.Output);
        Assert.Null(client.Endpoint.GetResult().Local);
    }

    [Fact]
    public void Renegotiation_RequestedByClient_KeepsKeys()
    {
        using var client = new OpenSslClient(_certificate);
        var (pem, key) = client.CreateCertificate("ec");
        Assert.True(
            client.Run($"-dtls1_2 -use_srtp {Gcm} -cert {pem} -key {key} {Export} 56", () => client.KeyingMaterial is not null), client.Output);
        var before = client.Endpoint.GetResult();
        var datagrams = client.FromClient.Count;

        client.Type("R");
        Assert.True(client.Serve(() => client.FromClient.Count > datagrams), client.Output);

        Assert.DoesNotContain(client.Endpoint.State, new[] { DtlsState.Handshaking, DtlsState.Failed });
        if (client.Endpoint.State == DtlsState.Established)
        {
            Assert.Equal(before.Local!.MasterKey, client.Endpoint.GetResult().Local!.MasterKey);
        }
    }

    /// <summary>An alert is the shortest record. Without an explicit nonce it is even shorter.</summary>
    [Theory]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305")]
    public void CloseNotify_FromClient_ClosesEndpoint(string cipher)
    {
        using var client = new OpenSslClient(_certificate);
        var (pem, key) = client.CreateCertificate("ec");
        Assert.True(
            client.Run($"-dtls1_2 -cipher {cipher} -use_srtp {Gcm} -cert {pem} -key {key} {Export} 56", () => client.KeyingMaterial is not null), client.Output);

        client.Type("Q");

        Assert.True(client.Serve(() => client.Endpoint.State == DtlsState.Closed), client.Output);
        Assert.Null(client.Endpoint.GetResult().Local);
    }
}
