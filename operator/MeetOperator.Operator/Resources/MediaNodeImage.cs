using MeetOperator.Contracts;

namespace MeetOperator.Operator.Resources;

/// <summary>Which image a pool's nodes run.</summary>
internal static class MediaNodeImage
{
    /// <summary>The pool's image, else the operator's own with the pool's version as its tag, else the operator's own.</summary>
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
        return colon > name.LastIndexOf('/') ? name[..colon] : name; // A colon before the last slash is a registry's port.
    }
}
