namespace MeetOperator.Operator.Resources;

/// <summary>Generates SfuNode names: the pool's name and five characters from an unambiguous alphabet.</summary>
internal static class NodeName
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Keeps the name below 63 characters, since Pods have the same name.</summary>
    public static string Create(string pool, Random random)
    {
        var head = pool.Length <= 48 ? pool : pool[..48].TrimEnd('-', '.');
        return $"{head}-{Suffix(random)}";
    }

    public static string Suffix(Random random) => new(random.GetItems<char>(Alphabet, 5));
}
