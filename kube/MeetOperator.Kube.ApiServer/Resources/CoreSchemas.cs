using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>Schemas of built-in kinds.</summary>
internal static class CoreSchemas
{
    public static SchemaNode Of(string apiVersion, string kind)
    {
        _ = (apiVersion, kind);
        return SchemaNode.Anything;
    }
}
