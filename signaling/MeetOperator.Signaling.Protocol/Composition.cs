using System.Globalization;
using System.Text;

namespace MeetOperator.Signaling.Protocol;

/// <summary>
/// Unicode Normalization Form C (UAX #15). <c>string.Normalize</c> does nothing under invariant globalization, so this class implements it with the data in
/// <c>Unicode/canonical.txt</c>.
/// </summary>
internal static class Composition
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Tails = 28;

    /// <summary>The first combining character; text below it is already composed.</summary>
    private const char FirstCombining = '\u0300';

    private static readonly Lazy<Data> Canonical = new(Data.Load);

    public static string Compose(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstCombining, char.MaxValue))
        {
            return text;
        }

        var data = Canonical.Value;
        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(data, rune.Value, points);
        }

        Order(data, points);
        var composed = new StringBuilder(text.Length);
        foreach (var point in Recompose(data, points))
        {
            composed.Append(new Rune(point));
        }

        return composed.ToString();
    }

    private static void Decompose(Data data, int point, List<int> into)
    {
        var syllable = point - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Tails)
        {
            into.Add(LeadBase + (syllable / (Vowels * Tails)));
            into.Add(VowelBase + (syllable % (Vowels * Tails) / Tails));
            if (syllable % Tails > 0)
            {
                into.Add(TailBase + (syllable % Tails));
            }
        }
        else if (data.Parts.TryGetValue(point, out var parts))
        {
            foreach (var part in parts)
            {
                Decompose(data, part, into);
            }
        }
        else
        {
            into.Add(point);
        }
    }

    /// <summary>Sorts consecutive combining marks by combining class. The sort is stable.</summary>
    private static void Order(Data data, List<int> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            var end = start;
            while (end < points.Count && data.ClassOf(points[end]) > 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                var ordered = points.GetRange(start, end - start).OrderBy(data.ClassOf).ToList();
                points.RemoveRange(start, end - start);
                points.InsertRange(start, ordered);
            }

            start = end;
        }
    }

    private static List<int> Recompose(Data data, List<int> points)
    {
        var composed = new List<int>(points.Count);
        var (starter, lastClass) = (-1, -1);
        foreach (var point in points)
        {
            var markClass = data.ClassOf(point);
            if (starter >= 0 && lastClass < markClass && Pair(data, composed[starter], point) is { } whole)
            {
                composed[starter] = whole;
                continue;
            }

            if (markClass == 0)
            {
                starter = composed.Count;
            }

            // The next character may combine with a starter directly. After a mark, only a mark with a higher class may.
            lastClass = markClass == 0 ? -1 : markClass;
            composed.Add(point);
        }

        return composed;
    }

    private static int? Pair(Data data, int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + (second - VowelBase)) * Tails);
        }

        if (first is >= HangulBase and < HangulBase + (Leads * Vowels * Tails) && (first - HangulBase) % Tails == 0 && second is > TailBase and < TailBase + Tails)
        {
            return first + (second - TailBase);
        }

        return data.Wholes.TryGetValue((first, second), out var whole) ? whole : null;
    }

    private sealed class Data
    {
        private readonly Dictionary<int, int> _classes = [];

        public Dictionary<int, int[]> Parts { get; } = [];

        public Dictionary<(int First, int Second), int> Wholes { get; } = [];

        public static Data Load()
        {
            var data = new Data();
            using var reader = new StreamReader(typeof(Composition).Assembly.GetManifestResourceStream("unicode/canonical.txt")!);
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith('#') || line.Split(';') is not [var point, var markClass, var parts, var excluded])
                {
                    continue;
                }

                data.Add(Hex(point), int.Parse(markClass, CultureInfo.InvariantCulture), [.. parts.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Hex)], excluded.Length > 0);
            }

            return data;
        }

        public int ClassOf(int point) => _classes.GetValueOrDefault(point);

        private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        private void Add(int point, int markClass, int[] parts, bool isExcluded)
        {
            if (markClass > 0)
            {
                _classes[point] = markClass;
            }

            if (parts.Length > 0)
            {
                Parts[point] = parts;
            }

            if (parts is [var first, var second] && !isExcluded)
            {
                Wholes[(first, second)] = point;
            }
        }
    }
}
