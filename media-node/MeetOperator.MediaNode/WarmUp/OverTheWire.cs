using System.Text.Json;
using MeetOperator.MediaNode.Control;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.WarmUp;

/// <summary>Writes and reads the bodies of the warm-up call as the control API does, because the serializer prepares each type at its first use.</summary>
internal static class OverTheWire
{
    /// <summary>Returns the body as its receiver reads it.</summary>
    public static T Pass<T>(T body)
        where T : class => ControlJson.Parse<T>(JsonSerializer.SerializeToUtf8Bytes(body, NodeControlJson.Options));

    /// <summary>Returns a response as its receiver reads it.</summary>
    public static async Task<T> PassAsync<T>(Task<T> response)
        where T : class => Pass(await response.ConfigureAwait(false));
}
