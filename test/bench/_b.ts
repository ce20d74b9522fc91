import * as ad from "@fluxion/autodiff";
const {softplus,matmul,add,slice,reshape,tanh,sum,contract,eulerLagrange,concat,dot,mul,cos,sin,gather}=ad;
function bench(f:()=>void){ for(let i=0;i<50;i++)f(); let best=1e9; const t1=performance.now(); while(performance.now()-t1<1200){ const n=200; const u=process.cpuUsage(); for(let i=0;i<n;i++)f(); const c=process.cpuUsage(u); best=Math.min(best,(c.user+c.system)/n);} return best; }
for (const H of [10,32,128]) {
  const P=4*H+H+H*H+H+H+1;
  const net=(x:any,p:any)=>{ let o=0; const take=(s:number[])=>{const n=s.reduce((a,b)=>a*b,1); const r=reshape(slice(p,o,o+n),s); o+=n; return r;};
    const W1=take([H,4]),b1=take([H]),W2=take([H,H]),b2=take([H]),w3=take([H]); 
    const h1=softplus(add(matmul(W1,x),b1)); const h2=softplus(add(matmul(W2,h1),b2)); return dot(w3,h2); };
  const f=ad.tracedField((_t,u,p)=>{const q=slice(u,0,2),v=slice(u,2,4); return concat([v, eulerLagrange((q,v)=>net(concat([q,v]),p))(q,v)]);},{dim:4,paramCount:P,backend:process.argv[2] as any});
  const p=Float64Array.from({length:P},(_,i)=>Math.sin(i*1.7)*1.5/Math.sqrt(i<5*H?4:H)+(i>=P-H-1?1:0));
  const u=Float64Array.of(.3,.2,-.5,.4), out=new Float64Array(4), w=Float64Array.of(1,.5,.2,-.3), oU=new Float64Array(4), oP=new Float64Array(P);
  const b=f.bind(p); const oPw=b.gradientBuffer!(); let t=performance.now(); b.rhs(0,u,out); console.log("H",H,"compile rhs ms",(performance.now()-t).toFixed(1)); t=performance.now(); b.vjp!(0,u,w,oU,oP); console.log("compile vjp ms",(performance.now()-t).toFixed(1));
  console.log("rhs us",bench(()=>b.rhs(0,u,out)).toFixed(2),"vjp(with rhs) us",bench(()=>b.vjp!(0,u,w,oU,oPw)).toFixed(2));
}
