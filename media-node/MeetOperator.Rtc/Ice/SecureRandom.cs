using System.Security.Cryptography;

namespace MeetOperator.Rtc.Ice;

/// <summary>Cryptographically secure random numbers. A peer that can predict a transaction ID could respond to a check that it did not receive.</summary>
public sealed class SecureRandom : Random
{
    private SecureRandom()
    {
    }

    /// <summary>The shared instance. It has no state and is thread-safe.</summary>
    public static SecureRandom Instance { get; } = new();

    public override int Next() => RandomNumberGenerator.GetInt32(int.MaxValue);

    public override int Next(int maxValue) => Next(0, maxValue);

    public override int Next(int minValue, int maxValue) => minValue == maxValue ? minValue : RandomNumberGenerator.GetInt32(minValue, maxValue);

    public override long NextInt64() => (long)(Bits() >> 1);

    public override double NextDouble() => Sample();

    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    protected override double Sample() => (Bits() >> 11) * (1.0 / (1UL << 53));

    private static ulong Bits()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
