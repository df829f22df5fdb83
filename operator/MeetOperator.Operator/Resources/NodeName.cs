namespace MeetOperator.Operator.Resources;

/// <summary>Names of SfuNodes: the pool's name and five characters that nobody mistakes for another.</summary>
internal static class NodeName
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Pods are named after it, so the whole is kept below 63 characters.</summary>
    public static string Make(string pool, Random random)
    {
        var head = pool.Length <= 48 ? pool : pool[..48].TrimEnd('-', '.');
        return $"{head}-{Suffix(random)}";
    }

    public static string Suffix(Random random) => new(random.GetItems<char>(Alphabet, 5));
}
