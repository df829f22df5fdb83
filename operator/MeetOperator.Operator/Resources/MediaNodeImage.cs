using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Resources;

/// <summary>Selects the image for a pool's nodes.</summary>
internal static class MediaNodeImage
{
    /// <summary>The pool's image; otherwise the operator's media node image, with the pool's version as its tag if set.</summary>
    public static string Resolve(SfuPoolSpec pool, string operatorImage)
    {
        if (pool.Image is { Length: > 0 } image)
        {
            return image;
        }

        return pool.Version is { Length: > 0 } version ? $"{WithoutTag(operatorImage)}:{version}" : operatorImage;
    }

    private static string WithoutTag(string image)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name; // A colon before the last slash separates the port of the registry.
    }
}
