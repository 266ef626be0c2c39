/* idle N PROGRAM ARGS...: forks N children that wait for a signal for ever, then runs PROGRAM beside
   them; exits with its status. What a call costs must not depend on how many processes sleep. */
#include "bench.h"
int main(int c,char**v){ if(c<3) return 2; long count=atol(v[1]); pid_t*kids=calloc((size_t)count,sizeof *kids); int ready[2]; if(!kids||pipe(ready)) die("idle");
  for(long i=0;i<count;i++){ kids[i]=fork(); if(kids[i]<0) die("fork"); if(!kids[i]){ if(write(ready[1],"r",1)!=1) _exit(1); for(;;) pause(); } }
  for(long i=0;i<count;i++){ char r; if(read(ready[0],&r,1)!=1) die("ready"); }
  pid_t k=fork(); if(k<0) die("fork"); if(!k){ execv(v[2],v+2); die("exec"); }
  int s; if(waitpid(k,&s,0)!=k) die("wait"); for(long i=0;i<count;i++) kill(kids[i],SIGKILL);
  return WIFEXITED(s)?WEXITSTATUS(s):1; }
