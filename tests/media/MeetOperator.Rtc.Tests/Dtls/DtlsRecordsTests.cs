using MeetOperator.Rtc.Dtls;

namespace MeetOperator.Rtc.Tests.Dtls;

/// <summary>The datagrams that reach OpenSSL.</summary>
public sealed class DtlsRecordsTests
{
    private const int Gcm = 24;

    [Theory]
    [InlineData(0xC02B, 24)]
    [InlineData(0xC030, 24)]
    [InlineData(0xCCA8, 16)]
    [InlineData(0xCCA9, 16)]
    [InlineData(0, 24)]
    public void GetExpansion_CipherSuite_ReturnsNonceAndTagLength(int suite, int expected) => Assert.Equal(expected, DtlsRecords.GetExpansion(suite));

    [Fact]
    public void AreWellFormed_CompleteRecords_ReturnsTrue()
    {
        Assert.True(DtlsRecords.AreWellFormed([], Gcm));
        Assert.True(DtlsRecords.AreWellFormed(Record(22, 0, 1), Gcm));
        Assert.True(DtlsRecords.AreWellFormed([.. Record(22, 0, 100), .. Record(20, 0, 1), .. Record(22, 1, 40)], Gcm));
        Assert.True(DtlsRecords.AreWellFormed(Record(21, 1, Gcm), Gcm));
    }

    [Fact]
    public void AreWellFormed_MalformedRecords_ReturnsFalse()
    {
        Assert.False(DtlsRecords.AreWellFormed(Record(22, 0, 1)[..12], Gcm));
        Assert.False(DtlsRecords.AreWellFormed(Record(22, 0, 10)[..^1], Gcm));
        Assert.False(DtlsRecords.AreWellFormed([.. Record(22, 0, 10), 22], Gcm));
        Assert.False(DtlsRecords.AreWellFormed(Record(19, 0, 10), Gcm));
        Assert.False(DtlsRecords.AreWellFormed(Record(24, 0, 10), Gcm));
        Assert.False(DtlsRecords.AreWellFormed(Record(22, 0, 10, version: 3), Gcm));
    }

    [Fact]
    public void AreWellFormed_ProtectedRecordShorterThanTag_ReturnsFalse()
    {
        Assert.False(DtlsRecords.AreWellFormed(Record(21, 1, Gcm - 1), Gcm));
        Assert.False(DtlsRecords.AreWellFormed([.. Record(22, 1, 40), .. Record(23, 1, 2)], Gcm));
        Assert.False(DtlsRecords.AreWellFormed(Record(23, 2, 0), Gcm));
    }

    private static byte[] Record(byte content, byte epoch, byte length, byte version = 0xFE) =>
        [content, version, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 9, 0, length, .. new byte[length]];
}
