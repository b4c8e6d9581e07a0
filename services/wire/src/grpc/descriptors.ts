// The schema as descriptors, for server reflection: from the generated code, so no tool is needed to run.

import type { DescFile } from "@bufbuild/protobuf";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_sealane_v1_admin } from "../generated/sealane/v1/admin_pb.ts";
import { file_sealane_v1_join } from "../generated/sealane/v1/join_pb.ts";
import { file_sealane_v1_session } from "../generated/sealane/v1/session_pb.ts";

/** A `google.protobuf.FileDescriptorProto` for each file of every service and all that it imports, dependencies first. */
export function fileDescriptors(): Buffer[] {
  const files = new Map<string, DescFile>();
  const visit = (file: DescFile) => {
    for (const dependency of file.dependencies) visit(dependency);
    files.set(file.name, file);
  };
  for (const file of [file_sealane_v1_admin, file_sealane_v1_join, file_sealane_v1_session]) visit(file);
  return [...files.values()].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
}
