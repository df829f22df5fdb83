namespace MeetOperator.Operator.Resources;

/// <summary>Names of SfuNodes: the pool's name and five characters that nobody mistakes for another.</summary>
internal static class NodeName
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Pods and Secrets are named after it, so the whole is kept below 63 characters.</summary>
    public static string Make(string pool, Random random)
    {
        Span<char> suffix = stackalloc char[5];
        for (var i = 0; i < suffix.Length; i++)
        {
            suffix[i] = Alphabet[random.Next(Alphabet.Length)];
        }

        var head = pool.Length <= 48 ? pool : pool[..48].TrimEnd('-', '.');
        return $"{head}-{suffix}";
    }
}
