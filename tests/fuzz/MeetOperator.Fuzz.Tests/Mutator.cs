namespace MeetOperator.Fuzz.Tests;

/// <summary>Creates inputs from seeds by one to six small mutations that often reveal parser errors.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> seeds)
{
    private static readonly byte[] Interesting = [0, 1, 2, 3, 4, 7, 8, 15, 16, 0x7E, 0x7F, 0x80, 0x81, 0xBE, 0xDE, 0xF0, 0xFE, 0xFF];

    private readonly Random _random = new(seed);
    private readonly int _maximumLength = Math.Max(2000, 2 * seeds.Max(s => s.Length));

    internal byte[] Next()
    {
        if (_random.Next(50) == 0)
        {
            var noise = new byte[_random.Next(200)];
            _random.NextBytes(noise);
            return noise;
        }

        var input = new List<byte>(seeds[_random.Next(seeds.Count)]);
        for (var changes = _random.Next(1, 7); changes > 0; changes--)
        {
            Change(input);
        }

        return input.Count <= _maximumLength ? [.. input] : [.. input.Take(_maximumLength)];
    }

    private void Change(List<byte> input)
    {
        var at = _random.Next(input.Count + 1);
        switch (_random.Next(8))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = Interesting[_random.Next(Interesting.Length)];
                break;
            case 2 when at < input.Count:
                input[at] = (byte)_random.Next(256);
                break;
            case 3 when at + 1 < input.Count:
                // overwrites a possible length field
                var value = _random.Next(3) == 0 ? ushort.MaxValue : _random.Next(input.Count + 4);
                input[at] = (byte)(value >> 8);
                input[at + 1] = (byte)value;
                break;
            case 4:
                input.Insert(at, Interesting[_random.Next(Interesting.Length)]);
                break;
            case 5 when at < input.Count:
                input.RemoveRange(at, Math.Min(_random.Next(1, 9), input.Count - at));
                break;
            case 6 when at < input.Count:
                var copied = input.GetRange(at, Math.Min(_random.Next(1, 33), input.Count - at));
                input.InsertRange(_random.Next(input.Count + 1), copied);
                break;
            case 7:
                // joins a prefix of this input and a suffix of another seed
                var other = seeds[_random.Next(seeds.Count)];
                var from = _random.Next(other.Length + 1);
                input.RemoveRange(at, input.Count - at);
                input.AddRange(other[from..]);
                break;
        }
    }
}
